package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store/auditlog"
)

func TestStreamHasOnlyTheCamerasOfWhoFollows(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	lobby := g.key("lobby", account.ScopeRead, onlyCameras("lobby"))
	first := g.seen(event.FaceMatched, "lobby", "Alice")
	vault := g.seen(event.FaceMatched, "vault", "Bob")
	last := g.seen(event.LineCrossed, "lobby", "Carol")
	for _, encoding := range encodings {
		for _, query := range []string{"?after=0", "?after=0&camera_id=lobby&camera_id=vault"} {
			p := g.follow(encoding, query, lobby...)
			for _, want := range []string{first.ID, last.ID} {
				if got := p.event(); got.ID != want {
					t.Errorf("%s%s: got %s, want %s", encoding, query, got.ID, want)
				}
			}
			p.close()
		}
	}
	// An event that may not be seen is no place either: it would be known
	// that there is one.
	hidden := g.do(http.MethodGet, apiPath+"/events/stream?after_id="+vault.ID, "", lobby...).problem(404)
	none := g.do(http.MethodGet, apiPath+"/events/stream?after_id="+strings.Repeat("0", len(vault.ID)), "", lobby...).problem(404)
	if strings.ReplaceAll(hidden.Detail, vault.ID, strings.Repeat("0", len(vault.ID))) != none.Detail {
		t.Errorf("%q and %q differ", hidden.Detail, none.Detail)
	}
	g.do(http.MethodGet, apiPath+"/events/stream", "").want(401)
	g.do(http.MethodGet, apiPath+"/events/stream", "", g.key("in", account.ScopeIngest)...).want(403)
}

func TestStreamEndsWithTheRightToIt(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	for _, encoding := range encodings {
		key := g.key(encoding, account.ScopeRead)
		p := g.follow(encoding, "", key...)
		if m, err := p.next(); err != nil || !m.Heartbeat {
			t.Fatalf("%s: %+v %v", encoding, m, err)
		}
		if err := g.access.RevokeKey(context.Background(), console, encoding); err != nil {
			t.Fatal(err)
		}
		m, err := p.next()
		for err == nil && m.Heartbeat {
			m, err = p.next()
		}
		if err != nil || !strings.Contains(m.End, "has ended") {
			t.Errorf("%s: the last words are %+v, %v", encoding, m, err)
		}
		_, err = p.next()
		if ended := errors.Is(err, io.EOF); !ended && !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
			t.Errorf("%s: it ended with %v", encoding, err)
		}
	}
	until(t, "the streams are gone", func() bool { return g.openStreams() == 0 })
}

// A stream that searches for a person by text is on record, also one of future events.
func TestFollowingAPersonGoesOnRecord(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	p := g.follow("ndjson", "?q=Alice", g.key("watch", account.ScopeRead)...)
	if _, err := p.next(); err != nil {
		t.Fatal(err)
	}
	entries, err := g.access.Audit(context.Background(), auditlog.Query{Action: string(access.EventSearch), Limit: 10})
	if err != nil || len(entries) != 1 || entries[0].Actor != "watch" || strings.Contains(entries[0].Details, "Alice") {
		t.Errorf("%+v %v", entries, err)
	}
}
