package demo

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const fakeReceiver = "http://127.0.0.1:9900"

func TestRegisterRemovesWebhooksOfEarlierDemosOnly(t *testing.T) {
	t.Parallel()
	postern := newFakePostern()
	postern.webhooks = []map[string]any{
		{"id": "wh_old", "url": fakeReceiver + "/access-control"},
		{"id": "wh_older", "url": fakeReceiver + "/access-control"},
		{"id": "wh_desk", "url": fakeReceiver + "/incident-desk"},
		{"id": "wh_other_path", "url": fakeReceiver + "/mine"},
		{"id": "wh_other_port", "url": "http://127.0.0.1:9901/access-control"},
		{"id": "wh_other_host", "url": "https://example.com/access-control"},
	}
	srv := postern.newServer(t)
	for range 2 { // the second demo finds the first one's
		hooks := NewHooks(fakeReceiver)
		if err := newAPI(srv.URL+"/", srv.Client(), "", nil).registerAll(t.Context(), hooks); err != nil {
			t.Fatal(err)
		}
		for _, hook := range hooks {
			if hook.ID == "" {
				t.Errorf("%s got no id", hook.Path)
			}
		}
	}
	var got []string
	for _, hook := range postern.webhooks {
		got = append(got, hook["id"].(string))
	}
	if want := "wh_other_path wh_other_port wh_other_host wh_3 wh_4"; strings.Join(got, " ") != want {
		t.Errorf("webhooks %v, want %s", got, want)
	}
	door := postern.webhooks[3]
	if door["url"] != fakeReceiver+"/access-control" || len(door["event_types"].([]any)) == 0 ||
		!strings.HasPrefix(door["secret"].(string), "whsec_") {
		t.Errorf("registered %v", door)
	}
}

func TestSecretsAre32BytesAndNewEachTime(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 3 {
		for _, hook := range NewHooks(fakeReceiver) {
			key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(hook.Secret, "whsec_"))
			if err != nil || len(key) != 32 || seen[hook.Secret] {
				t.Errorf("secret of %d bytes, seen before: %v (%v)", len(key), seen[hook.Secret], err)
			}
			seen[hook.Secret] = true
		}
	}
}

func TestRegisterWaitsForPosternToComeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		postern := newFakePostern()
		ln := newPipeListener()
		srv := &http.Server{Handler: postern}
		up := time.AfterFunc(5*time.Second, func() { srv.Serve(ln) })
		defer up.Stop()
		defer srv.Close()
		client := ln.client(t)
		client.Timeout = time.Second
		if err := newAPI(fakeBase, client, "", nil).registerAll(t.Context(), NewHooks(fakeReceiver)); err != nil {
			t.Fatal(err)
		}
		if len(postern.webhooks) != 2 {
			t.Errorf("webhooks %v", postern.webhooks)
		}
	})
}

func TestRegisterGivesUpWithItsContextAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := newPipeListener()
		ln.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		err := newAPI(fakeBase, ln.client(t), "", nil).registerAll(ctx, NewHooks(fakeReceiver))
		if err == nil || !strings.HasPrefix(err.Error(), "list webhooks: ") || !strings.Contains(err.Error(), "closed") {
			t.Errorf("registerAll failed with %v", err)
		}
	})
}

func TestRegisterSaysWhyPosternRefuses(t *testing.T) {
	t.Parallel()
	postern := newFakePostern()
	srv := postern.newServer(t)
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			refuse(w, http.StatusBadRequest, "Webhooks need https; start Postern with --allow-http to allow http.")
			return
		}
		postern.ServeHTTP(w, r)
	})
	err := newAPI(srv.URL, srv.Client(), "", nil).registerAll(t.Context(), NewHooks(fakeReceiver))
	if err == nil || !strings.Contains(err.Error(), "--allow-http") {
		t.Errorf("registerAll failed with %v", err)
	}
}
