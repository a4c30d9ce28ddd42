package send

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"postern/internal/delivery"
)

// SlowAtLeast is the least duration of an attempt that may count as slow. The result
// of a quicker attempt that succeeded has no timeline.
const SlowAtLeast = 100 * time.Millisecond

// exchangeRecord notes how an exchange goes: its connections, and when each phase
// began. net/http calls it from several goroutines, some of them after the exchange
// has ended. It is the context of the exchange too, so that the dialler finds it
// without an allocation; the dialler adds its own hooks, which only a new connection
// pays for.
type exchangeRecord struct {
	context.Context //nolint:containedctx // the record is the context of its exchange
	hooks           httptrace.ClientTrace
	began           time.Time
	secure          bool // the URL asks for TLS

	mu                       sync.Mutex
	conn                     net.Conn // that carries the request; nil before there is one
	reused                   bool     // conn had carried a request before
	used                     int64    // connections that the request was sent on
	dnsFrom, dnsTo           time.Duration
	connectFrom, connectTo   time.Duration
	tlsFrom                  time.Duration // known through a proxy alone
	connected, wrote, answer time.Duration // when there was a connection, and so on
	address                  string        // that was dialled last
	header                   http.Header   // of the request
}

// recordKey finds the record in its context.
type recordKey struct{}

// Value returns the record itself, or else a value of the context around it.
func (x *exchangeRecord) Value(key any) any {
	if key == (recordKey{}) {
		return x
	}
	return x.Context.Value(key)
}

// record returns an empty record and its context.
func (c *Client) record(ctx context.Context, began time.Time) (*exchangeRecord, context.Context) {
	x := &exchangeRecord{Context: ctx, began: began, secure: c.url.Scheme == "https"}
	x.hooks.GetConn = x.getConn
	x.hooks.GotConn = x.gotConn
	x.hooks.WroteRequest = x.wroteRequest
	x.hooks.GotFirstResponseByte = x.firstByte
	if x.secure && c.transport.Proxy != nil {
		// The connection is the proxy's: CONNECT comes before the handshake.
		x.hooks.TLSHandshakeStart = func() { x.note(&x.tlsFrom) }
	}
	return x, httptrace.WithClientTrace(x, &x.hooks)
}

// note notes the present time, which is never zero.
func (x *exchangeRecord) note(at *time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	*at = max(time.Since(x.began), 1)
}

// getConn begins again: net/http repeats a request for which a kept connection turned
// out to be closed. Until there is a connection, none is reused: dialling may fail.
func (x *exchangeRecord) getConn(string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.conn, x.reused, x.address = nil, false, ""
	x.dnsFrom, x.dnsTo, x.connectFrom, x.connectTo, x.tlsFrom = 0, 0, 0, 0, 0
	x.connected, x.wrote, x.answer = 0, 0, 0
}

func (x *exchangeRecord) gotConn(info httptrace.GotConnInfo) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.used++
	x.conn, x.reused, x.connected = info.Conn, info.Reused, max(time.Since(x.began), 1)
}

func (x *exchangeRecord) wroteRequest(info httptrace.WroteRequestInfo) {
	if info.Err == nil {
		x.note(&x.wrote)
	}
}

func (x *exchangeRecord) firstByte() { x.note(&x.answer) }

// dialled returns a dialler's context, whose hooks note the phases of a new
// connection.
func (x *exchangeRecord) dialled(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { x.note(&x.dnsFrom) },
		DNSDone:  func(httptrace.DNSDoneInfo) { x.note(&x.dnsTo) },
		ConnectStart: func(_, address string) {
			x.mu.Lock()
			defer x.mu.Unlock()
			if x.connectFrom == 0 { // a name may have several addresses
				x.connectFrom = max(time.Since(x.began), 1)
			}
			x.address = address
		},
		ConnectDone: func(_, address string, err error) {
			if err != nil {
				return
			}
			x.note(&x.connectTo)
			x.mu.Lock()
			defer x.mu.Unlock()
			x.address = address
		},
	})
}

// repeats returns how many requests were sent after the first.
func (x *exchangeRecord) repeats() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return max(0, x.used-1)
}

// timeline returns the record of an exchange that took some time. res is nil without
// an answer.
func (x *exchangeRecord) timeline(took time.Duration, res *http.Response) *delivery.Timeline {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := &delivery.Timeline{Address: x.address, Reused: x.reused, Signed: signedCheck(x.header)}
	if x.conn != nil {
		t.Address = x.conn.RemoteAddr().String()
		if secured, ok := x.conn.(*tls.Conn); ok {
			t.TLS = tls.VersionName(secured.ConnectionState().Version)
		}
	}
	// A phase without an end was under way at the end. A phase takes a microsecond at
	// least, so that one that was reached can be told from one that wasn't.
	set := func(p delivery.Phase, from, to time.Duration) {
		if to == 0 {
			to = took
		}
		from = min(from, took).Truncate(time.Microsecond)
		t.Phases[p] = delivery.PhaseTime{From: from, To: max(min(to, took).Truncate(time.Microsecond), from+time.Microsecond)}
	}
	if !x.reused {
		if x.dnsFrom > 0 {
			set(delivery.PhaseDNS, x.dnsFrom, x.dnsTo)
		}
		if x.connectFrom > 0 {
			set(delivery.PhaseConnect, x.connectFrom, x.connectTo)
		}
		if x.secure && x.connectTo > 0 {
			set(delivery.PhaseTLS, max(x.connectTo, x.tlsFrom), x.connected)
		}
	}
	if x.connected > 0 {
		// A receiver may answer before it has read the request.
		written := x.wrote
		if x.answer > 0 && (written == 0 || written > x.answer) {
			written = x.answer
		}
		set(delivery.PhaseRequest, x.connected, written)
		if written > 0 && written != x.answer {
			set(delivery.PhaseWait, written, x.answer)
		}
	}
	if x.answer > 0 {
		set(delivery.PhaseResponse, x.answer, took)
	}
	if res != nil {
		t.Headers, t.HeadersLeftOut = answerHeaders(res.Header)
	}
	return t
}

// signedCheck is a short digest of a request's signatures; zero without any.
func signedCheck(header http.Header) uint32 {
	if len(header[HeaderSignature]) == 0 {
		return 0
	}
	sum := sha256.New()
	for _, name := range []string{HeaderSignature, HeaderWebhookSignatures} {
		for _, value := range header[name] {
			sum.Write([]byte(value))
		}
	}
	return max(1, binary.BigEndian.Uint32(sum.Sum(nil)))
}

// dialFunc opens connections for http.Transport.
type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// recordDial has the connections that dial opens noted in the record of their
// exchange.
func recordDial(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if x, ok := ctx.Value(recordKey{}).(*exchangeRecord); ok {
			ctx = x.dialled(ctx)
		}
		return dial(ctx, network, address)
	}
}
