package web

import (
	"bytes"
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/snapshot"
	"postern/internal/web/request"
	"postern/internal/web/session"
)

// A whole body is in memory before its handler runs. Only producers may send
// large bodies, so that other clients can't use up the memory.
const (
	bodyLimit          = 256 << 10
	anonymousBodyLimit = 64 << 10 // enough to sign in
)

// limitBody returns the limits of a request's body in size and time, once its
// header is read. It recognizes the principal as identify does; identify
// authenticates.
func (s *Server) limitBody(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	limit := anonymousBodyLimit
	if p := s.principalOf(h); p.Kind != access.Anonymous {
		limit = bodyLimit
		path, _, _ := bytes.Cut(h.RequestURI(), []byte("?"))
		if string(path) == request.APIPrefix+"/events" && access.Authorize(p, access.Ingest) == nil {
			limit = event.MaxRequestBytes
		}
		if bytes.HasPrefix(path, []byte(request.APIPrefix+"/events/")) && bytes.HasSuffix(path, []byte("/snapshot")) &&
			access.Authorize(p, access.Ingest) == nil {
			limit = snapshot.MaxBytes
		}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: limit, ReadTimeout: s.bodyTimeout}
}

// principalOf returns the principal of a request header.
func (s *Server) principalOf(h *fasthttp.RequestHeader) access.Principal {
	if s.open {
		return access.LocalPrincipal()
	}
	ctx := context.Background()
	if key, ok := bearer(h.Peek(fiber.HeaderAuthorization)); ok {
		p, _ := s.access.Key(ctx, key)
		return p
	}
	for _, name := range session.CookieNames {
		if id := h.Cookie(name); len(id) > 0 {
			p, _ := s.access.BackgroundSession(ctx, access.NewSecret(string(id)))
			return p
		}
	}
	return access.Principal{}
}
