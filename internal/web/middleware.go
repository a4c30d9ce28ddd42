package web

import (
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/views/cameraname"
)

// contentSecurityPolicy lets a page load what this server serves and nothing
// else, and lets no other page frame it.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// answerHeaders hold for every response. Responses are about people, so no
// cache stores them unless a route says otherwise.
var answerHeaders = []struct{ name, value []byte }{
	{[]byte(fiber.HeaderContentSecurityPolicy), []byte(contentSecurityPolicy)},
	{[]byte(fiber.HeaderXContentTypeOptions), []byte("nosniff")},
	{[]byte(fiber.HeaderReferrerPolicy), []byte("same-origin")},
	{[]byte("Cross-Origin-Resource-Policy"), []byte("same-origin")},
	{[]byte(fiber.HeaderCacheControl), []byte("no-store")},
}

// strictTransport makes browsers use https from then on. It is only sent over
// https: browsers ignore it over http, where an attacker could have added it.
var strictTransport = struct{ name, value []byte }{[]byte(fiber.HeaderStrictTransportSecurity), []byte("max-age=31536000")}

// nameCameras makes the pages of a request call cameras by their names. They show no
// camera outside the principal's camera scope.
func (s *Server) nameCameras(c *fiber.Ctx) error {
	c.SetUserContext(cameraname.With(c.UserContext(), s.cameras.Name))
	return c.Next()
}

// securityHeaders sets the headers of every response.
func (s *Server) securityHeaders(c *fiber.Ctx) error {
	s.setAnswerHeaders(c.Context())
	return c.Next()
}

func (s *Server) setAnswerHeaders(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	for _, header := range answerHeaders {
		h.SetCanonical(header.name, header.value)
	}
	if s.proxies.Scheme(ctx) == "https" {
		h.SetCanonical(strictTransport.name, strictTransport.value)
	}
}

// headerName is a request header's name in the form that fasthttp gives it:
// each word with a capital. Looking for it takes no allocation.
type headerName []byte

func (n headerName) of(c *fiber.Ctx) []byte { return c.Request().Header.PeekCanonical(n) }

// Headers that every request is checked for.
var (
	headerOrigin        = headerName(fiber.HeaderOrigin)
	headerFetchSite     = headerName("Sec-Fetch-Site")
	headerAuthorization = headerName(fiber.HeaderAuthorization)

	// proxyHeaders are the headers that proxies add.
	proxyHeaders = []headerName{
		headerName(fiber.HeaderXForwardedFor), headerName(fiber.HeaderXForwardedHost), headerName(fiber.HeaderXForwardedProto),
		headerName("Forwarded"), headerName("X-Real-Ip"), headerName(fiber.HeaderVia),
	}
)

// ownSiteOnly protects Postern from other sites' pages in the same browser. It
// refuses their requests, except for links to Postern, whose target they can't
// read. On a server that needs no key, it also refuses a Host of another machine,
// which is DNS rebinding, and a request through a proxy, which may come from any
// machine.
func (s *Server) ownSiteOnly(c *fiber.Ctx) error {
	own, known := s.proxies.Origin(c.Context())
	if s.open {
		for _, header := range proxyHeaders {
			if len(header.of(c)) > 0 {
				return &problem.Error{Code: problem.Forbidden,
					Detail: "The request came through a proxy (" + string(header) + "), but this Postern serves only its own machine, without keys. " +
						"Start it with --trusted-proxy, which requires accounts and keys."}
			}
		}
		if !known || !own.IsLoopback() {
			return problem.New(problem.Forbidden, "The Host header is not a name of this machine. "+
				"Use http://127.0.0.1 or http://localhost with Postern's port.")
		}
	}
	if !known && s.proxies.Hostname(c.Context()) != "" { // HTTP/1.0 needs no Host
		return problem.New(problem.Invalid, "The Host header is neither a name nor an address, with or without a port.")
	}
	if text := headerOrigin.of(c); len(text) > 0 {
		if from, ok := request.ParseOrigin(string(text)); !ok || !known || from != own {
			return &problem.Error{Code: problem.Forbidden, Detail: otherSite}
		}
	}
	switch string(headerFetchSite.of(c)) {
	case "", "same-origin", "none":
	default:
		navigation := c.Method() == fiber.MethodGet && c.Get("Sec-Fetch-Mode") == "navigate" && c.Get("Sec-Fetch-Dest") == "document"
		if !navigation {
			return &problem.Error{Code: problem.Forbidden, Detail: otherSite}
		}
	}
	return c.Next()
}

const otherSite = "The request comes from a page of another site, or its Host header isn't the name in that page's address. " +
	"Postern accepts requests from its own pages and from programs. A proxy in front of Postern must be named with --trusted-proxy."
