package access

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/store"
)

// Who searches for ever doesn't fill the audit, and people don't notice.
func TestLooksGoOnAtAPace(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		reader := Actor{Kind: kindKey, Name: "reader", Address: home}
		look := func(by Actor) error { return s.Look(ctx, by, Entry{Action: EventSearch}) }
		for range lookBurst {
			must(t, look(reader))
		}
		reader.Address = abroad // the key is the same from anywhere
		err := look(reader)
		var refusal *Refusal
		if !errors.Is(err, ErrTooMany) || !errors.As(err, &refusal) || refusal.RetryAfter <= 0 || refusal.RetryAfter > lookEvery {
			t.Fatalf("after %d looks at once: %v", lookBurst, err)
		}
		for _, by := range []Actor{{Kind: kindKey, Name: "another"}, {Kind: kindAccount, Name: "reader"}} {
			must(t, look(by)) // others don't wait for it
		}
		// Changes have a pace of their own.
		if _, err := s.Begin(ctx, reader, Entry{Action: WebhookPause}); err != nil {
			t.Error(err)
		}
		time.Sleep(refusal.RetryAfter)
		must(t, look(reader))
		if err := look(reader); !errors.Is(err, ErrTooMany) {
			t.Errorf("one came back, and two are let through: %v", err)
		}
		found, err := s.Audit(ctx, store.AuditQuery{Action: string(EventSearch), Limit: MaxAuditPage})
		must(t, err)
		if len(found) != lookBurst+3 {
			t.Errorf("%d looks are on record", len(found))
		}
		// For long, at the pace of the busiest person.
		for range 20 {
			for range 10 {
				must(t, look(Actor{Kind: kindAccount, Name: "busy"}))
			}
			passes(t, 10*time.Second)
		}
	})
}

func TestWallScreensAreOpenedAtAPace(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		key, err := s.AddKey(ctx, by, NewKey{Name: "wall", Scopes: []account.Scope{account.ScopeMonitor}})
		must(t, err)
		for range lookBurst {
			_, _, err := s.OpenScreen(ctx, key, Origin{Address: home})
			must(t, err)
		}
		if _, _, err := s.OpenScreen(ctx, key, Origin{Address: home}); !errors.Is(err, ErrTooMany) {
			t.Errorf("%d wall screens opened at once: %v", lookBurst+1, err)
		}
	})
}

// The paces are as many as there may be accounts and keys, and no more.
func TestPacesAreBounded(t *testing.T) {
	t.Parallel()
	p, now := newPaces(), time.Now()
	for i := range 2 * (MaxAccounts + MaxKeys) {
		if err := p.change(Actor{Kind: kindKey, Name: fmt.Sprint(i)}, now); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.changes.at); n != MaxAccounts+MaxKeys {
		t.Errorf("%d are remembered", n)
	}
	for range changeBurst {
		if err := p.change(Actor{Kind: kindAccount, Name: "root"}, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.change(Actor{Kind: kindAccount, Name: "root"}, now); !errors.Is(err, ErrTooMany) {
		t.Errorf("change %d at once: %v", changeBurst+1, err)
	}
	for range 10 * changeBurst {
		if err := p.change(ConsoleActor("ada"), now); err != nil {
			t.Fatalf("at the console: %v", err)
		}
	}
}
