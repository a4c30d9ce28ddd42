package demo

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const webhooksPath = "/api/v1/events/webhooks"

// Hook is a webhook of the demo.
type Hook struct {
	ID         string // given by Postern; empty until it is registered
	Path       string // at the receiver
	URL        string
	EventTypes []string
	Secret     string
}

// NewHooks returns the demo's two webhooks for a receiver at an address such as http://127.0.0.1:9900:
// a door system gets the entries and exits, and a help desk the alerts and faults. Their secrets are new
// each time.
func NewHooks(receiverURL string) []Hook {
	at := func(path string, eventTypes ...string) Hook {
		return Hook{
			Path:       path,
			URL:        strings.TrimRight(receiverURL, "/") + path,
			EventTypes: eventTypes,
			Secret:     newSecret(),
		}
	}
	return []Hook{
		at("/access-control", typeFaceMatched, typeLivenessPassed, typeDocumentScanned, typePersonEntered, typePersonExited),
		at("/incident-desk", typeWatchlistAlert, typeLivenessFailed, typeSystemError),
	}
}

func newSecret() string {
	var key [32]byte
	rand.Read(key[:])
	return "whsec_" + base64.StdEncoding.EncodeToString(key[:])
}

// registerAll removes the webhooks of earlier demos with the same receiver, registers hooks, and sets their
// ids. While Postern doesn't answer, it tries again until ctx ends. It fails with Postern's reason if Postern
// refuses, as it does for http addresses unless a flag allows them.
func (a api) registerAll(ctx context.Context, hooks []Hook) error {
	if err := a.unregister(ctx, hooks); err != nil {
		return err
	}
	for i := range hooks {
		if err := a.register(ctx, &hooks[i]); err != nil {
			return err
		}
	}
	return nil
}

// unregister removes every webhook that has the host and path of one of hooks.
func (a api) unregister(ctx context.Context, hooks []Hook) error {
	reply, err := a.sendUntilAnswered(ctx, http.MethodGet, webhooksPath, "", nil)
	if err != nil {
		return fmt.Errorf("list webhooks: %w", err)
	}
	var registered []struct{ ID, URL string }
	if err := json.Unmarshal(reply, &registered); err != nil {
		return fmt.Errorf("decode list of webhooks: %w", err)
	}
	for _, old := range registered {
		if !sameReceiver(old.URL, hooks) {
			continue
		}
		_, err := a.sendUntilAnswered(ctx, http.MethodDelete, webhooksPath+"/"+url.PathEscape(old.ID), "", nil)
		if r, ok := errors.AsType[*refusal](err); ok && r.status == http.StatusNotFound {
			continue // another program was faster, or a first request got through and its answer didn't
		}
		if err != nil {
			return fmt.Errorf("remove earlier webhook %s: %w", old.ID, err)
		}
	}
	return nil
}

func sameReceiver(address string, hooks []Hook) bool {
	old, err := url.Parse(address)
	if err != nil {
		return false
	}
	for _, hook := range hooks {
		if u, err := url.Parse(hook.URL); err == nil && u.Host == old.Host && u.Path == old.Path {
			return true
		}
	}
	return false
}

// register sends one request: a repeat after a lost answer would make a second webhook.
func (a api) register(ctx context.Context, hook *Hook) error {
	body, err := json.Marshal(map[string]any{
		"url": hook.URL, "event_types": hook.EventTypes, "secret": hook.Secret,
	})
	if err != nil {
		return fmt.Errorf("encode webhook %s: %w", hook.URL, err)
	}
	reply, err := a.send(ctx, http.MethodPost, webhooksPath, contentJSON, body)
	if err != nil {
		return fmt.Errorf("register webhook %s: %w", hook.URL, err)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(reply, &made); err != nil || made.ID == "" {
		return fmt.Errorf("register webhook %s: the answer has no id", hook.URL)
	}
	hook.ID = made.ID
	return nil
}
