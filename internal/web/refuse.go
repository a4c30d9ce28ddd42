package web

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/valyala/fasthttp"

	"postern/internal/connection"
	"postern/internal/event"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// This file refuses requests that reach no handler: malformed, too large or too
// slow requests, and connections beyond the limit. Each answer is problem+json
// in Postern's own words. No part of the request is in the answer or in the
// log, since a malformed header may hold a key or a session.

// refusals configures the server below Fiber. Its default answers are plain
// text that repeats the request.
func (s *Server) refusals() {
	server := s.app.Server()
	server.ErrorHandler = s.refuseUnread
	server.SecureErrorLogMessage = true // keeps request content out of error messages
	methods := s.app.Config().RequestMethods
	handle := server.Handler
	server.Handler = func(ctx *fasthttp.RequestCtx) {
		conn := connection.Of(ctx.Conn())
		if !conn.Begin() {
			ctx.SetConnectionClose() // it was closed to make room, so no answer reaches the client
			return
		}
		defer func() { conn.End(ctx.Hijacked()) }()
		switch version := string(ctx.Request.Header.Protocol()); {
		case version != "HTTP/1.1" && version != "HTTP/1.0":
			s.refuse(ctx, respond.Problem{Status: http.StatusHTTPVersionNotSupported, Detail: "Postern supports only HTTP/1.1 and HTTP/1.0. " +
				"Use a proxy in front of Postern for HTTP/2."})
		case !slices.Contains(methods, string(ctx.Method())):
			s.refuse(ctx, respond.Problem{Status: http.StatusNotImplemented, Detail: "Postern doesn't know this method. " +
				"The methods are GET, POST, PUT, PATCH and DELETE, in capitals; /docs/api lists the methods of each path."})
		default:
			handle(ctx)
		}
	}
}

// refuseUnread answers a request that couldn't be read.
func (s *Server) refuseUnread(ctx *fasthttp.RequestCtx, err error) {
	var plain tls.RecordHeaderError
	if errors.As(err, &plain) {
		s.refusePlain(plain)
		return
	}
	if connection.Of(ctx.Conn()).HadNoRoom() {
		ctx.Request.ReleaseBody(0)
		drain(ctx.Conn(), drainBytes)
		s.counters.taken.count(http.StatusServiceUnavailable)
		s.refuse(ctx, respond.Problem{Status: http.StatusServiceUnavailable, RetryAfter: time.Second,
			Detail: "Many large requests are under way, and Postern has no memory left for this one. Nothing of it was stored. " +
				"Send it again in a moment, or in smaller parts."})
		return
	}
	p := unreadProblem(err)
	switch p.Status {
	case http.StatusRequestHeaderFieldsTooLarge:
		drain(ctx.Conn(), drainBytes)
	case http.StatusRequestEntityTooLarge:
		drain(ctx.Conn(), drainBytes)
		if string(ctx.Path()) == request.APIPrefix+"/events" {
			s.counters.taken.count(p.Status)
		}
	}
	s.refuse(ctx, p)
}

// unreadProblem returns the problem for a request that couldn't be read.
func unreadProblem(err error) respond.Problem {
	var head *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.As(err, &head):
		return respond.Problem{Status: http.StatusRequestHeaderFieldsTooLarge, Detail: fmt.Sprintf("The request line and the headers are "+
			"larger than %d KiB together.", headerBytes>>10)}
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return respond.Problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("Request body too large. "+
			"Event batches may be %d MiB with an ingest key; other requests %d KiB, and %d KiB without a valid key. "+
			"Split the batch, or check the key.",
			event.MaxRequestBytes>>20, bodyLimit>>10, anonymousBodyLimit>>10)}
	case errors.As(err, &network) && network.Timeout():
		return respond.Problem{Status: http.StatusRequestTimeout, Detail: "The request took too long to arrive. " +
			"Send it again; on a slow connection, in smaller parts."}
	default:
		return respond.Problem{Status: http.StatusBadRequest, Detail: "This isn't a valid HTTP/1.1 request: its first line, a " +
			"header or the framing of its body is malformed. Without a certificate, this port speaks plain HTTP: " +
			"check whether the URL begins with http:// or https://."}
	}
}

// refusePlain answers plain HTTP on a port that speaks TLS. The connection is
// still plain, without TLS.
func (s *Server) refusePlain(wrong tls.RecordHeaderError) {
	if wrong.Conn == nil || wrong.RecordHeader[0] < 'A' || wrong.RecordHeader[0] > 'Z' { // not the first letter of an HTTP method
		return
	}
	s.refuseOn(wrong.Conn, respond.Problem{Status: http.StatusBadRequest,
		Detail: "This port speaks https. Use a URL that begins with https://."})
}

// refuse answers with a problem and ends the connection.
func (s *Server) refuse(ctx *fasthttp.RequestCtx, p respond.Problem) {
	s.counters.responses.count(p.Status)
	s.setAnswerHeaders(ctx)
	respond.WriteProblem(&ctx.Response, p)
	ctx.SetConnectionClose()
}

// refuseOn is refuse on a connection that no server reads from.
func (s *Server) refuseOn(conn net.Conn, p respond.Problem) {
	s.counters.responses.count(p.Status)
	var answer fasthttp.Response
	for _, header := range answerHeaders {
		answer.Header.SetCanonical(header.name, header.value)
	}
	respond.WriteProblem(&answer, p)
	answer.SetConnectionClose()
	_ = conn.SetWriteDeadline(time.Now().Add(refuseTime))
	w := bufio.NewWriter(conn)
	if answer.Write(w) == nil && w.Flush() == nil {
		drain(conn, headerBytes)
	}
}

// refuseTime is how long the answer to a refused connection may take.
const refuseTime = time.Second

// refuseConnection answers a client whose connection is beyond a limit.
func (s *Server) refuseConnection(conn net.Conn, reason connection.Reason) {
	p := respond.Problem{Status: http.StatusServiceUnavailable, RetryAfter: 5 * time.Second,
		Detail: "Postern has its maximum number of connections open. " +
			"Send the request again in a moment."}
	if reason == connection.ClientFull {
		p.Detail = "Your address has its maximum number of connections open. Close some, or use each for several requests. " +
			"Send the request again in a moment."
	}
	s.refuseOn(conn, p)
}

// Bounds of drain.
const (
	drainBytes = 64 << 20
	drainPause = 250 * time.Millisecond
	drainTime  = 10 * time.Second
)

// drain reads the rest of a refused request, until the sender pauses or it has
// read most bytes. Closing a connection with unread data resets it, and the
// sender would never see the answer.
func drain(conn net.Conn, most int) {
	connection.Of(conn).Discard()
	buffer := make([]byte, min(most, 64<<10))
	end := time.Now().Add(drainTime)
	for n := 0; n < most && time.Now().Before(end); {
		if conn.SetReadDeadline(time.Now().Add(drainPause)) != nil {
			return
		}
		read, err := conn.Read(buffer)
		if n += read; err != nil {
			return
		}
	}
}
