package web

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// contentSecurityPolicy lets a page load what this server serves and nothing
// else, and lets no other page frame it.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// securityHeaders sets what holds for every answer. What is answered is
// about people: no cache keeps it, unless a route says otherwise.
func securityHeaders(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, contentSecurityPolicy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Next()
}

// ownSiteOnly is what stands between a browser's other pages and Postern. A
// request that another site's page has made is refused, except for following
// a link here, which that page can't read. Where no key is needed, a Host that
// isn't this machine's is DNS rebinding, and a request that a proxy has passed
// on may come from anywhere.
func (s *Server) ownSiteOnly(c *fiber.Ctx) error {
	host := c.Hostname()
	if s.open {
		for _, header := range []string{fiber.HeaderXForwardedFor, fiber.HeaderXForwardedHost, fiber.HeaderXForwardedProto, "Forwarded", "X-Real-Ip", fiber.HeaderVia} {
			if c.Get(header) != "" {
				return problemError{fiber.StatusForbidden, "The request came through a proxy (" + header + "), and this Postern is open to its own machine without a key. Start it with --trusted-proxy, which asks for accounts and keys."}
			}
		}
	}
	if s.open && !isLoopbackHost(host) {
		return problemError{fiber.StatusForbidden, "The Host header " + quoteClipped(host) + " is not a name of this machine. Use http://127.0.0.1 or http://localhost with Postern's port."}
	}
	if origin := c.Get(fiber.HeaderOrigin); origin != "" && !sameOrigin(origin, c.Protocol(), host) {
		return problemError{fiber.StatusForbidden, "The request comes from a page of another site (Origin " + quoteClipped(origin) + "). Postern takes requests from its own pages and from programs."}
	}
	switch site := c.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none":
	default:
		navigation := c.Method() == fiber.MethodGet && c.Get("Sec-Fetch-Mode") == "navigate" && c.Get("Sec-Fetch-Dest") == "document"
		if !navigation {
			return problemError{fiber.StatusForbidden, "The request comes from a page of another site. Postern takes requests from its own pages and from programs."}
		}
	}
	return c.Next()
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
