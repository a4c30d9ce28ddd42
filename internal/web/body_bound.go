package web

import (
	"bytes"
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"postern/internal/access"
	"postern/internal/event"
)

// Bodies are in memory whole before any handler sees them, on every connection
// at once. Only events are large, so that nobody else makes the process take
// much.
const (
	bodyLimit          = 256 << 10
	anonymousBodyLimit = 64 << 10 // of who isn't known, which is enough to sign in
)

// bodyBound says how large the body of a request may be and how long it may
// take, once its header is read. It recognizes a principal as
// identify does, which decides.
func (s *Server) limitBody(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	bound := anonymousBodyLimit
	if p := s.sentBy(h); p.Kind != access.Anonymous {
		bound = bodyLimit
		path, _, _ := bytes.Cut(h.RequestURI(), []byte("?"))
		if string(path) == api+"/events" && access.Authorize(p, access.Ingest) == nil {
			bound = event.MaxRequestBytes
		}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: bound, ReadTimeout: s.bodyTimeout}
}

// sentBy is who sends a request, as far as its header tells.
func (s *Server) sentBy(h *fasthttp.RequestHeader) access.Principal {
	if s.open {
		return access.LocalPrincipal()
	}
	ctx := context.Background()
	if key, ok := bearer(h.Peek(fiber.HeaderAuthorization)); ok {
		p, _ := s.access.Key(ctx, key)
		return p
	}
	for _, name := range []string{secureCookie, plainCookie} {
		if id := h.Cookie(name); len(id) > 0 {
			p, _ := s.access.BackgroundSession(ctx, access.NewSecret(string(id)))
			return p
		}
	}
	return access.Principal{}
}
