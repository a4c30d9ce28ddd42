package access

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/store/auditlog"
)

// Endless searches don't fill the audit, and people aren't slowed down.
func TestLooksGoOnAtAPace(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		reader := Actor{Kind: kindKey, Name: "reader", Address: home}
		look := func(by Actor) error { return s.RecordRead(ctx, by, Entry{Action: EventSearch}) }
		for range readBurst {
			must(t, look(reader))
		}
		reader.Address = abroad // the key is the same from anywhere
		err := look(reader)
		var refusal *problem.Error
		if !errors.Is(err, problem.TooMany) || !errors.As(err, &refusal) || refusal.RetryAfter <= 0 || refusal.RetryAfter > readEvery {
			t.Fatalf("after %d looks at once: %v", readBurst, err)
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
		if err := look(reader); !errors.Is(err, problem.TooMany) {
			t.Errorf("one came back, and two are let through: %v", err)
		}
		found, err := s.Audit(ctx, auditlog.Query{Action: string(EventSearch), Limit: MaxAuditPage})
		must(t, err)
		if len(found) != readBurst+3 {
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
		for range readBurst {
			_, _, err := s.OpenScreen(ctx, key, Origin{Address: home})
			must(t, err)
		}
		if _, _, err := s.OpenScreen(ctx, key, Origin{Address: home}); !errors.Is(err, problem.TooMany) {
			t.Errorf("%d wall screens opened at once: %v", readBurst+1, err)
		}
	})
}

// The paces are as many as there may be accounts and keys, and no more.
func TestPacesAreBounded(t *testing.T) {
	t.Parallel()
	p, now := newActorLimits(), time.Now()
	for i := range 2 * (MaxAccounts + MaxKeys) {
		if err := p.change(Actor{Kind: kindKey, Name: fmt.Sprint(i)}, now); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.changes.Len(); n != MaxAccounts+MaxKeys {
		t.Errorf("%d are remembered", n)
	}
	for range changeBurst {
		if err := p.change(Actor{Kind: kindAccount, Name: "root"}, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.change(Actor{Kind: kindAccount, Name: "root"}, now); !errors.Is(err, problem.TooMany) {
		t.Errorf("change %d at once: %v", changeBurst+1, err)
	}
	for range 10 * changeBurst {
		if err := p.change(ConsoleActor("ada"), now); err != nil {
			t.Fatalf("at the console: %v", err)
		}
	}
}
