package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/alert"
	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/web/api"
	"postern/internal/webhook"
)

// pageForm is a form of the pages that changes something.
type pageForm struct {
	path   string
	values url.Values
	says   string // the message on the next page; empty where there is none
}

// Every form redirects, so that reloading the next page repeats nothing, and
// that page shows the result once. Every new form needs an example here.
func TestEveryFormRedirects(t *testing.T) {
	t.Parallel()
	g, k := startGuarded(t), startSink(t)
	g.account("olga", account.Operator)
	g.account("viv", account.Viewer)
	g.key("engine", account.ScopeIngest)
	root := g.signedIn("root")
	g.seen(event.FaceMatched, "lobby", "alice")
	watchlist := g.seen(event.WatchlistAlert, "lobby", "bob")
	open := g.seen(event.LivenessFailed, "lobby", "")
	cause := g.store.Alerts.CauseID(alert.CauseOf(open)).String()
	var hook api.Webhook
	body := `{"url":"` + k.URL + `","event_types":["*"],"secret":"whsec_your_signing_secret"}`
	g.do("POST", apiPath+"/events/webhooks", body, root...).want(200).into(&hook)
	page := "/webhooks/" + hook.ID
	replay := func() string {
		g.form(page+"/pause", nil, root...).want(303)
		var r api.Replay
		g.do("POST", apiPath+"/events"+page+"/replays", `{"after_seq":0}`, root...).want(202).into(&r)
		return page + "/replays/" + r.ID + "/stop"
	}
	other := func() string {
		_, id, _ := strings.Cut(g.signedIn("root")[1], "=")
		p, err := g.access.Session(context.Background(), access.NewSecret(id))
		if err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(p.Session, 10)
	}
	forms := map[string]func() pageForm{
		"/account/password": func() pageForm {
			return pageForm{"", url.Values{"current": {testPassword}, "password": {"a longer horse 43"}}, "Your password was changed"}
		},
		"/docs/events/:type/sample": func() pageForm {
			return pageForm{"/docs/events/face_matched/sample", nil, "Sent a sample of Face matched."}
		},
		"/account/display": func() pageForm {
			return pageForm{"", url.Values{"theme": {"dark"}, "zone": {"Europe/Amsterdam"}}, "Saved. All your browsers"}
		},
		"/account/sessions/end": func() pageForm { return pageForm{"", url.Values{"session": {other()}}, "Ended the session."} },
		"/events/:id/resend": func() pageForm {
			return pageForm{"/events/" + watchlist.ID + "/resend", url.Values{"webhook": {hook.ID}}, "The event is being resent to"}
		},
		"/events/:id/acknowledge": func() pageForm {
			return pageForm{"/events/" + watchlist.ID + "/acknowledge", url.Values{"back": {"/"}}, "Acknowledged by <bdi>root"}
		},
		"/cameras/:id/settings": func() pageForm {
			return pageForm{"/cameras/gate-7/settings", url.Values{"name": {"North gate"}, "interval": {"usual"}, "silence": {"after"},
				"minutes": {"15"}},
				"Saved the settings of North gate."}
		},
		"/identities/:id/erase": func() pageForm { return pageForm{"/identities/id-alice/erase", nil, ""} },
		"/webhooks": func() pageForm {
			return pageForm{"", url.Values{"url": {"http://127.0.0.1:9/new"}, "event_types": {"*"}, "secret_from": {"generate"}},
				"Registered http://127.0.0.1:9/new"}
		},
		"/webhooks/pause": func() pageForm {
			return pageForm{"", url.Values{"webhook": {hook.ID}}, "Paused " + strings.TrimPrefix(k.URL, "http://")}
		},
		"/webhooks/resume": func() pageForm { return pageForm{"", url.Values{"all": {"1"}}, "Resumed"} },
		"/webhooks/recover": func() pageForm {
			e := g.missed(k.URL, root).ID
			return pageForm{"", url.Values{"webhook": {e}, "from": {"2026-01-01T02:00"}, "cause": {"skipped"}},
				"The recovery has started."}
		},
		"/webhooks/recoveries/:id/stop": func() pageForm {
			r, err := g.server.webhooks.Recover(t.Context(), webhook.RecoverRequest{
				Webhooks: []string{g.missed(k.URL, root).ID}, Since: time.Unix(1, 0), Causes: delivery.AllCauses,
			})
			if err != nil {
				t.Fatal(err)
			}
			return pageForm{"/webhooks/recoveries/" + r.ID + "/stop", nil, "The recovery was stopped."}
		},
		"/webhooks/test":       func() pageForm { return pageForm{"", url.Values{"only": {hook.ID}}, "accepted the test event."} },
		"/webhooks/:id/remove": func() pageForm { return pageForm{page + "/remove", nil, "Removed the webhook"} },
		"/webhooks/:id/edit": func() pageForm {
			return pageForm{page + "/edit", url.Values{"url": {k.URL}, "event_types": {"*"}}, "Saved."}
		},
		"/webhooks/:id/pause":  func() pageForm { return pageForm{page + "/pause", nil, "Paused."} },
		"/webhooks/:id/resume": func() pageForm { return pageForm{page + "/resume", nil, "Resumed."} },
		"/webhooks/:id/test": func() pageForm {
			return pageForm{page + "/test", url.Values{"event_type": {"line_crossed"}}, "Delivered, answered"}
		},
		"/webhooks/:id/resend": func() pageForm {
			return pageForm{page + "/resend", url.Values{"which": {"exhausted"}}, "nothing was resent"}
		},
		"/webhooks/:id/set-aside": func() pageForm {
			return pageForm{page + "/set-aside", url.Values{"event_id": {watchlist.ID}}, "nothing was set aside"}
		},
		"/webhooks/:id/rotate": func() pageForm {
			return pageForm{page + "/rotate", url.Values{"overlap_hours": {"1"}}, "This is the secret"}
		},
		"/webhooks/:id/end-overlap": func() pageForm { return pageForm{page + "/end-overlap", nil, "Only the newest secret signs."} },
		"/webhooks/:id/replay": func() pageForm {
			return pageForm{page + "/replay", url.Values{"since": {"2020-01-01T00:00"}}, "The replay has started."}
		},
		"/webhooks/:id/replays/:replay/stop": func() pageForm { return pageForm{replay(), nil, "The replay was stopped."} },
		"/alerts/acknowledge": func() pageForm {
			return pageForm{"", url.Values{"through": {"1"}, "group": {cause}, "back": {"/alerts"}}, ""}
		},
		"/silences": func() pageForm {
			return pageForm{"", url.Values{"camera_id": {"gate"}, "reason": {"Repair"}, "for": {"1h"}}, "Silenced: Camera gate."}
		},
		"/silences/:id/end": func() pageForm {
			var made api.Silence
			g.do("POST", apiPath+"/silences", `{"reason":"Repair","camera_ids":["yard"],"for_seconds":3600}`, root...).want(200).into(&made)
			return pageForm{"/silences/" + made.ID + "/end", nil, "Ended the silence: Camera yard."}
		},
		"/alerts/assign": func() pageForm {
			return pageForm{"", url.Values{"through": {"1000"}, "group": {cause}, "assignee": {"olga"}, "back": {"/alerts"}}, ""}
		},
		"/monitor/acknowledge":    func() pageForm { return pageForm{"", url.Values{"through": {watchlist.ID}, "back": {"/"}}, ""} },
		"/settings/clock/confirm": func() pageForm { return pageForm{"", nil, "The clock was not in doubt any more."} },
		"/settings/accounts": func() pageForm {
			return pageForm{"", url.Values{"name": {"new"}, "role": {"viewer"}}, "Added the account new."}
		},
		"/settings/accounts/password": func() pageForm {
			return pageForm{"", url.Values{"name": {"olga"}}, "The account olga has a new password"}
		},
		"/settings/accounts/role": func() pageForm {
			return pageForm{"", url.Values{"name": {"olga"}, "role": {"viewer"}}, "The account olga has the role viewer now."}
		},
		"/settings/accounts/disable": func() pageForm {
			return pageForm{"", url.Values{"name": {"olga"}, "disabled": {"yes"}}, "Disabled the account olga."}
		},
		"/settings/accounts/remove": func() pageForm { return pageForm{"", url.Values{"name": {"viv"}}, "Removed the account viv."} },
		"/settings/keys": func() pageForm {
			return pageForm{"", url.Values{"name": {"wall"}, "scope": {"monitor"}}, "Created the key wall."}
		},
		"/settings/keys/revoke": func() pageForm { return pageForm{"", url.Values{"name": {"engine"}}, "Revoked the key engine."} },
		"/sign-in": func() pageForm {
			return pageForm{"", url.Values{"name": {"root"}, "password": {"a longer horse 43"}, "next": {"/events"}}, ""}
		},
		"/sign-out": func() pageForm { return pageForm{"", nil, ""} },
	}
	last := []string{"/webhooks/:id/remove", "/account/password", "/sign-in", "/sign-out"}
	rank := func(path string) int {
		for i, p := range last {
			if p == path {
				return i + 1
			}
		}
		return 0
	}
	for round := range len(last) + 1 {
		for _, r := range g.server.table {
			if r.method != http.MethodPost || strings.HasPrefix(r.path, apiPath) || strings.HasSuffix(r.path, "/preview") || rank(r.path) != round {
				continue
			}
			if r.path == "/webhooks/check-receiver" {
				continue // it shows its own form again, with the result, and changes nothing
			}
			example := forms[r.path]
			if example == nil {
				t.Errorf("POST %s has no example here", r.path)
				continue
			}
			f := example()
			if f.path == "" {
				f.path = r.path
			}
			a := g.form(f.path, f.values, root...)
			to := a.header.Get(fiber.HeaderLocation)
			if a.status != http.StatusSeeOther || strings.ContainsAny(to, "?#") || !strings.HasPrefix(to, "/") {
				t.Errorf("POST %s answers %d and leads to %q: %.300s", r.path, a.status, to, a.body)
				continue
			}
			if r.path == "/sign-out" {
				continue
			}
			first, again := g.land(a, root...).want(http.StatusOK), g.land(a, root...).want(http.StatusOK)
			if f.says != "" {
				first.says(f.says)
			}
			again.saysNot(`id="notice"`, "data-once", "Delivered, answered 200")
		}
	}
}

func TestRegisteringAURLAgainIsAskedFirst(t *testing.T) {
	t.Parallel()
	s := startService(t)
	form := func(target, confirmed string) url.Values {
		return url.Values{"url": {target}, "event_types": {"line_crossed"}, "camera_ids": {"gate-7"}, "secret_from": {"generate"},
			"same_url": {confirmed}}
	}
	count := func() int {
		var hooks []api.Webhook
		s.get(apiPath + "/events/webhooks").into(&hooks)
		return len(hooks)
	}
	s.submit("/webhooks", form("http://127.0.0.1:9/hook", "")).want(http.StatusSeeOther)
	first := s.onlyWebhook()
	s.submit("/webhooks", form("http://127.0.0.1:9/other", "")).want(http.StatusSeeOther)
	for _, again := range []string{"http://127.0.0.1:9/hook", "HTTP://127.0.0.1:9/hook"} {
		for _, confirmed := range []string{"", "http://127.0.0.1:9/other"} { // a confirmation for another URL
			s.submit("/webhooks", form(again, confirmed)).want(http.StatusConflict).
				says("This URL is already registered", `href="`+first+`"`, `name="same_url" value="`+again+`"`, `value="`+again+`"`,
					">gate-7</textarea>",
					`value="line_crossed" checked`, `name="secret_from" value="generate" checked`)
		}
	}
	if n := count(); n != 2 {
		t.Fatalf("%d webhooks", n)
	}
	s.done("/webhooks", form("http://127.0.0.1:9/hook", "http://127.0.0.1:9/hook")).says("Registered", "This is the secret")
	if n := count(); n != 3 {
		t.Errorf("%d webhooks", n)
	}
	// Changing a webhook's URL to that of another needs a confirmation too;
	// keeping it doesn't.
	s.submit(first+"/edit", form("http://127.0.0.1:9/other", "")).want(http.StatusConflict).says("This URL is already registered",
		"Save changes anyway")
	s.submit(first+"/edit", form("http://127.0.0.1:9/hook", "")).want(http.StatusSeeOther)
	s.submit(first+"/edit", form("http://127.0.0.1:9/other", "http://127.0.0.1:9/other")).want(http.StatusSeeOther)
}
