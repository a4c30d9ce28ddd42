package request

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// Proxies are the addresses of the trusted proxies, which --trusted-proxy names.
// The headers of a trusted proxy carry the client's address, and the scheme and
// host of its request. Each proxy appends to a list, and a client can send a list
// of its own: only entries that trusted proxies wrote count.
type Proxies []netip.Prefix

// Address returns the client address of a request: the nearest address that
// isn't a trusted proxy.
func (p Proxies) Address(c *fiber.Ctx) netip.Addr {
	from, _ := p.passed(c.Context())
	return from
}

// Scheme returns the scheme that the client used: http or https.
func (p Proxies) Scheme(ctx *fasthttp.RequestCtx) string {
	if _, proxies := p.passed(ctx); proxies > 0 {
		switch strings.ToLower(p.forwarded(ctx, fiber.HeaderXForwardedProto, proxies)) {
		case "https", "wss": // some proxies write wss for a websocket
			return "https"
		case "http", "ws":
			return "http"
		}
	}
	if ctx.IsTLS() {
		return "https"
	}
	return "http"
}

// Hostname returns the host that a request is for, as the client wrote it.
func (p Proxies) Hostname(ctx *fasthttp.RequestCtx) string {
	if _, proxies := p.passed(ctx); proxies > 0 {
		if host := p.forwarded(ctx, fiber.HeaderXForwardedHost, proxies); host != "" {
			return host
		}
	}
	return string(ctx.URI().Host())
}

// Origin returns the origin of a request's URL; false where its Host is none.
func (p Proxies) Origin(ctx *fasthttp.RequestCtx) (Origin, bool) {
	return originOf(p.Scheme(ctx), p.Hostname(ctx))
}

// BaseURL returns the beginning of this Postern's URLs as the client sees them.
func (p Proxies) BaseURL(c *fiber.Ctx) string {
	o, ok := p.Origin(c.Context())
	if !ok { // HTTP/1.0 needs no Host
		o = Origin{scheme: p.Scheme(c.Context()), host: "localhost", port: 80}
	}
	return o.String()
}

// Secure reports whether the client used https.
func (p Proxies) Secure(c *fiber.Ctx) bool { return p.Scheme(c.Context()) == "https" }

// passed returns the client address of a request, and the number of trusted
// proxies between.
func (p Proxies) passed(ctx *fasthttp.RequestCtx) (from netip.Addr, proxies int) {
	from, _ = netip.AddrFromSlice(ctx.RemoteIP())
	from = from.Unmap()
	if !p.IsProxy(from) {
		return from, 0
	}
	hops := headerList(ctx, fiber.HeaderXForwardedFor)
	for proxies = 1; proxies <= len(hops); proxies++ {
		hop, ok := parseHop(hops[len(hops)-proxies])
		if !ok { // hidden or malformed
			break
		}
		if from = hop; !p.IsProxy(from) {
			break
		}
	}
	return from, min(proxies, len(hops)+1)
}

func (p Proxies) IsProxy(at netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(at) {
			return true
		}
	}
	return false
}

// forwarded returns the value that the outermost trusted proxy wrote into a forwarding
// header; empty for none. Where there are fewer values than proxies, the inner
// proxies added none.
func (p Proxies) forwarded(ctx *fasthttp.RequestCtx, name string, proxies int) string {
	values := headerList(ctx, name)
	if len(values) == 0 {
		return ""
	}
	return values[max(0, len(values)-proxies)]
}

// headerList returns the values of a header that is a list. Some proxies add a
// header line of their own instead of appending to the existing one.
func headerList(ctx *fasthttp.RequestCtx, name string) (values []string) {
	for _, line := range ctx.Request.Header.PeekAll(name) {
		for value := range strings.SplitSeq(string(line), ",") {
			if value = strings.TrimSpace(value); value != "" {
				values = append(values, value)
			}
		}
	}
	return values
}

// parseHop reads one hop of X-Forwarded-For: an address, perhaps with a port,
// in brackets or quoted. It is false for names that hide an address (RFC 7239,
// 6.3).
func parseHop(text string) (netip.Addr, bool) {
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		if text, ok = strings.CutSuffix(inner, `"`); !ok {
			return netip.Addr{}, false
		}
	}
	port := ""
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if text, port, ok = strings.Cut(inner, "]"); !ok || port != "" && port[0] != ':' {
			return netip.Addr{}, false
		}
		port = strings.TrimPrefix(port, ":")
	} else if strings.Count(text, ":") == 1 { // more are an IPv6 address's own
		text, port, _ = strings.Cut(text, ":")
	}
	if strings.Trim(port, "0123456789") != "" && port[0] != '_' {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(text)
	return addr.Unmap().WithZone(""), err == nil
}
