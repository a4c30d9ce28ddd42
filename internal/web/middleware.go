package web

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/views"
)

// contentSecurityPolicy lets a page load what this server serves and nothing
// else, and lets no other page frame it.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// answerHeaders hold for every answer. What is answered is about people: no
// cache keeps it, unless a route says otherwise.
var answerHeaders = []struct{ name, value []byte }{
	{[]byte(fiber.HeaderContentSecurityPolicy), []byte(contentSecurityPolicy)},
	{[]byte(fiber.HeaderXContentTypeOptions), []byte("nosniff")},
	{[]byte(fiber.HeaderReferrerPolicy), []byte("same-origin")},
	{[]byte("Cross-Origin-Resource-Policy"), []byte("same-origin")},
	{[]byte(fiber.HeaderCacheControl), []byte("no-store")},
}

// securityHeaders sets what holds for every answer.
func securityHeaders(c *fiber.Ctx) error {
	h := &c.Response().Header
	for _, header := range answerHeaders {
		h.SetCanonical(header.name, header.value)
	}
	return c.Next()
}

// headerName is a request header's name in the form that fasthttp gives it:
// each word with a capital. Looking for it takes no allocation.
type headerName []byte

func (n headerName) of(c *fiber.Ctx) []byte { return c.Request().Header.PeekCanonical(n) }

// Headers that are looked for in every request.
var (
	headerOrigin          = headerName(fiber.HeaderOrigin)
	headerFetchSite       = headerName("Sec-Fetch-Site")
	headerAuthorization   = headerName(fiber.HeaderAuthorization)
	headerContentEncoding = headerName(fiber.HeaderContentEncoding)
	headerByItself        = headerName(views.ByItself)

	// proxyHeaders are what a proxy adds.
	proxyHeaders = []headerName{
		headerName(fiber.HeaderXForwardedFor), headerName(fiber.HeaderXForwardedHost), headerName(fiber.HeaderXForwardedProto),
		headerName("Forwarded"), headerName("X-Real-Ip"), headerName(fiber.HeaderVia),
	}
)

// ownSiteOnly is what stands between a browser's other pages and Postern. A
// request that another site's page has made is refused, except for following
// a link here, which that page can't read. Where no key is needed, a Host that
// isn't this machine's is DNS rebinding, and a request that a proxy has passed
// on may come from anywhere.
func (s *Server) ownSiteOnly(c *fiber.Ctx) error {
	if s.open {
		for _, header := range proxyHeaders {
			if len(header.of(c)) > 0 {
				return problemError{fiber.StatusForbidden, "The request came through a proxy (" + string(header) + "), and this Postern is open to its own machine without a key. Start it with --trusted-proxy, which asks for accounts and keys."}
			}
		}
		if host := s.hostname(c); !isLoopbackHost(host) {
			return problemError{fiber.StatusForbidden, "The Host header " + quoteClipped(host) + " is not a name of this machine. Use http://127.0.0.1 or http://localhost with Postern's port."}
		}
	}
	if origin := string(headerOrigin.of(c)); origin != "" && !sameOrigin(origin, c.Protocol(), s.hostname(c)) {
		return problemError{fiber.StatusForbidden, "The request comes from a page of another site (Origin " + quoteClipped(origin) + "). Postern takes requests from its own pages and from programs."}
	}
	switch string(headerFetchSite.of(c)) {
	case "", "same-origin", "none":
	default:
		navigation := c.Method() == fiber.MethodGet && c.Get("Sec-Fetch-Mode") == "navigate" && c.Get("Sec-Fetch-Dest") == "document"
		if !navigation {
			return problemError{fiber.StatusForbidden, "The request comes from a page of another site. Postern takes requests from its own pages and from programs."}
		}
	}
	return c.Next()
}

// hostname is the host that the request is for, as the client wrote it to us or
// to a proxy of ours.
func (s *Server) hostname(c *fiber.Ctx) string {
	if len(s.proxies) == 0 { // Fiber would look up where it comes from
		return string(c.Request().URI().Host())
	}
	return c.Hostname()
}

// isLoopbackHost reports whether a Host header names this machine to itself.
func isLoopbackHost(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if strings.Trim(port, "0123456789") != "" {
		return false
	}
	if err != nil { // without a port
		name = host
		if inner, ok := strings.CutPrefix(name, "["); ok {
			if name, ok = strings.CutSuffix(inner, "]"); !ok {
				return false
			}
		}
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback() && addr.Zone() == ""
}

func sameOrigin(origin, scheme, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && u.Scheme == scheme && strings.EqualFold(u.Host, host)
}

func prefixNames(prefixes []netip.Prefix) []string {
	names := make([]string, len(prefixes))
	for i, p := range prefixes {
		names[i] = p.String()
	}
	return names
}
