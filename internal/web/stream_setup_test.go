package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/event"
)

// The content types of streams, and the header with a start position.
const (
	typeNDJSON  = "application/x-ndjson"
	typeSSE     = "text/event-stream"
	lastEventID = "Last-Event-ID"
)

// encodings are the three forms of a stream.
var encodings = []string{"ndjson", "sse", "websocket"}

// told is a message of a stream, as a program reads it.
type told struct {
	Seq       int64
	ID        string
	Type      string
	Missed    int64
	Heartbeat bool
	End       string
}

// program reads a stream as its users do.
type program struct {
	t     *testing.T
	next  func() (told, error)
	close func()
}

// follow opens a stream in an encoding. Query begins with a question mark,
// unless it is empty.
func (s *service) follow(encoding, query string, headers ...string) *program {
	s.t.Helper()
	if encoding == "websocket" {
		return s.followSocket(query, headers...)
	}
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", s.base+apiPath+"/events/stream"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if encoding == "sse" {
		req.Header.Set("Accept", "text/event-stream")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode != 200 {
		b, _ := io.ReadAll(res.Body)
		s.t.Fatalf("status %d: %s", res.StatusCode, b)
	}
	p := &program{t: s.t, close: func() { cancel(); res.Body.Close() }}
	s.t.Cleanup(p.close)
	lines := bufio.NewReader(res.Body)
	p.next = func() (told, error) { return readLine(lines) }
	if encoding == "sse" {
		p.next = func() (told, error) { return readSSE(lines) }
	}
	return p
}

func (s *service) followSocket(query string, headers ...string) *program {
	s.t.Helper()
	header := make(http.Header)
	for i := 0; i < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.base, "http")+apiPath+"/events/stream"+query, header)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &program{t: s.t, close: func() { conn.Close() }}
	s.t.Cleanup(p.close)
	p.next = func() (told, error) {
		_, b, err := conn.ReadMessage()
		if err != nil {
			return told{}, err
		}
		return parseTold(b)
	}
	return p
}

func parseTold(b []byte) (m told, err error) {
	if err = json.Unmarshal(b, &m); err == nil {
		err = conformMessage(b)
	}
	if err != nil {
		err = fmt.Errorf("%w in %.200q", err, b)
	}
	return m, err
}

func readLine(r *bufio.Reader) (told, error) {
	b, err := r.ReadBytes('\n')
	if err != nil {
		return told{}, err
	}
	return parseTold(b)
}

// readSSE reads one event as the HTML standard has it, or a block without
// data, which only moves the id.
func readSSE(r *bufio.Reader) (m told, err error) {
	var id, name, data string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return told{}, err
		}
		if line == "\n" {
			break
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data += value
		case "", "retry":
		default:
			return told{}, fmt.Errorf("line %q", line)
		}
	}
	seq, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return told{}, err
	}
	if data == "" {
		return told{Seq: seq, Heartbeat: true}, nil
	}
	if m, err = parseTold([]byte(data)); err != nil {
		return m, err
	}
	want := ""
	switch {
	case m.Missed > 0:
		want = "missed"
	case m.End != "":
		want = "end"
	}
	if m.Seq != seq || name != want {
		return m, fmt.Errorf("id %s and name %q of %s", id, name, data)
	}
	return m, nil
}

// event returns the next message that is an event.
func (p *program) event() told {
	p.t.Helper()
	for {
		m, err := p.within(liveTime)
		switch {
		case err != nil:
			p.t.Fatal(err)
		case m.ID != "":
			return m
		case !m.Heartbeat:
			p.t.Fatalf("got %+v, want an event", m)
		}
	}
}

var errNothingCame = errors.New("nothing came")

// within is next with a bound, so that a test can't hang.
func (p *program) within(d time.Duration) (told, error) {
	timer := time.AfterFunc(d, p.close)
	m, err := p.next()
	if !timer.Stop() && err != nil {
		err = errNothingCame
	}
	return m, err
}

// publish keeps n events of a type, each with its number for a name.
func (s *service) publish(typ event.Type, n int) {
	s.t.Helper()
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = labelled(typ, fmt.Sprint(i))
	}
	if _, err := s.hub.Publish(context.Background(), events); err != nil {
		s.t.Fatal(err)
	}
}
