package web

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/posterntest"
	"postern/internal/store"
)

// guarded is a service that asks who it is.
type guarded struct {
	*service
	access *access.Service
}

const testPassword = "correct horse 42"

// startGuarded runs a service that asks for accounts and keys, with an
// administrator called root.
func startGuarded(t *testing.T, proxies ...netip.Prefix) *guarded {
	t.Helper()
	return startGuardedWith(t, Options{Proxies: proxies})
}

func startGuardedWith(t *testing.T, opts Options) *guarded {
	t.Helper()
	return startGuardedIn(t, t.TempDir(), opts)
}

// startGuardedIn is startGuardedWith on a data folder of the test's choice.
func startGuardedIn(t *testing.T, dir string, opts Options) *guarded {
	t.Helper()
	g := new(guarded)
	g.service = startServiceIn(t, dir, store.Options{}, func(p *posterntest.Postern) Options {
		g.access = p.Access()
		opts.Access = g.access
		return opts
	}, func(*Server) {})
	g.account("root", account.Administrator)
	return g
}

var console = access.ConsoleActor("test")

func (g *guarded) account(name string, role account.Role, cameras ...string) {
	g.t.Helper()
	err := g.access.AddAccount(context.Background(), console,
		access.NewAccount{Name: name, Role: role, Cameras: cameras, Password: access.NewSecret(testPassword)})
	if err != nil {
		g.t.Fatal(err)
	}
}

// signedIn signs in and returns the headers that carry the session.
func (g *guarded) signedIn(name string) []string {
	g.t.Helper()
	id, _, err := g.access.SignIn(context.Background(), access.SignIn{Name: name, Password: access.NewSecret(testPassword)})
	if err != nil {
		g.t.Fatal(err)
	}
	return []string{"Cookie", "postern=" + id.Reveal()}
}

// key makes a key and returns the headers that carry it.
func (g *guarded) key(name string, scope account.Scope, change ...func(*access.NewKey)) []string {
	g.t.Helper()
	k := access.NewKey{Name: name, Scopes: []account.Scope{scope}}
	for _, f := range change {
		f(&k)
	}
	secret, err := g.access.AddKey(context.Background(), console, k)
	if err != nil {
		g.t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + secret.Reveal()}
}

func onlyCameras(names ...string) func(*access.NewKey) {
	return func(k *access.NewKey) { k.Cameras = names }
}

// upgrade asks for a socket and returns the status of the answer.
func (g *guarded) upgrade(path string, headers ...string) int {
	g.t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial(strings.Replace(g.base, "http", "ws", 1)+path, http.Header{headers[0]: {headers[1]}})
	if err == nil {
		conn.Close()
	}
	if res == nil {
		g.t.Fatal(err)
	}
	return res.StatusCode
}

// form posts a form as a browser's page does.
func (g *guarded) form(path string, values url.Values, headers ...string) *answer {
	g.t.Helper()
	return g.do(http.MethodPost, path, values.Encode(),
		append(headers, "Accept", "text/html", "Origin", g.base, "Sec-Fetch-Site", "same-origin")...)
}

// cookie returns the session's cookie that an answer sets.
func (a *answer) cookie() *http.Cookie {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if strings.HasSuffix(c.Name, "postern") {
			return c
		}
	}
	return nil
}

// seen publishes an event of a camera with a label.
func (g *guarded) seen(typ event.Type, camera, label string) *event.Event {
	g.t.Helper()
	e := eventtest.New(eventtest.WithType(typ), eventtest.At(time.Now().UTC()), eventtest.WithCamera(camera),
		eventtest.WithData(`{"label":"`+label+`","identity_id":"id-`+label+`"}`))
	if _, err := g.hub.Publish(context.Background(), []*event.Event{e}); err != nil {
		g.t.Fatal(err)
	}
	return e
}
