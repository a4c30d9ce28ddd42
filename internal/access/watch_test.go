package access

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/account"
	"postern/internal/store"
)

// endsWithin checks that a principal's right ends by itself in that time.
func endsWithin(t *testing.T, p Principal, d time.Duration) {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(d):
		t.Errorf("the right of %s still holds after %v", p.Name, d)
	}
}

// TestWhatAnotherProcessChangesHoldsWithinASecond has two services on one
// data folder, as `postern key revoke` beside `postern serve`.
func TestWhatAnotherProcessChangesHoldsWithinASecond(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.run()
		console := s.beside()
		console.add("Root", account.Administrator)
		console.add("viv", account.Viewer)
		key := console.key("engine", account.ScopeIngest)
		passes(t, MaxStale)
		id, person := s.signIn("viv")
		program, err := s.Key(ctx, key)
		must(t, err)

		must(t, console.RevokeKey(ctx, by, "engine"))
		endsWithin(t, program, MaxStale)
		if _, err := s.Key(ctx, key); err == nil {
			t.Error("a revoked key is taken")
		}
		s.wantEnded(person, false)
		must(t, console.SetDisabled(ctx, by, "viv", true))
		endsWithin(t, person, MaxStale)
		s.wantSession(id, false)
		if report, err := s.Verify(ctx, Mark{}); err != nil || report.Entries < 6 {
			t.Errorf("the audit of both: %+v, %v", report, err)
		}
	})
}

// TestWithoutRunAChangeStillHolds covers a Run that is stuck or has ended.
func TestWithoutRunAChangeStillHolds(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		key := s.key("engine", account.ScopeIngest)
		must(t, s.beside().RevokeKey(ctx, by, "engine"))
		time.Sleep(MaxStale + time.Millisecond)
		_, err := s.Key(ctx, key)
		want(t, err, ErrUnauthenticated, "revoked")
	})
}

func TestWhereNothingCanBeReadNobodyIsLetIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, t.TempDir(), Options{})
		stop := s.run()
		s.add("viv", account.Viewer)
		id, _ := s.signIn("viv")
		key := s.key("engine", account.ScopeIngest)
		if err := s.j.ChangeAccess(ctx, func(tx *store.AccessTx) error {
			return tx.Audit(&store.AuditEntry{Action: "event.search"})
		}); err != nil {
			t.Fatal(err)
		}
		must(t, s.j.Close())
		passes(t, MaxStale+time.Millisecond)
		if _, err := s.Key(ctx, key); err == nil {
			t.Error("a key is taken")
		}
		if _, err := s.Session(ctx, id); err == nil {
			t.Error("a session is taken")
		}
		if _, _, err := s.try("viv", goodPassword, home); err == nil {
			t.Error("a password is taken")
		}
		stop()
		if log := s.log.String(); strings.Count(log, "nobody is let in") != 1 {
			t.Errorf("the log says %q", log)
		}
	})
}

func TestAChangeElsewhereDoesNotEndTheRest(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.run()
		s.add("viv", account.Viewer, "lobby")
		_, p := s.signIn("viv")
		q, err := s.Key(ctx, s.key("engine", account.ScopeIngest))
		must(t, err)
		console := s.beside()
		console.add("eve", account.Viewer)
		console.key("other", account.ScopeRead)
		must(t, console.RevokeKey(ctx, by, "other"))
		must(t, s.Record(ctx, by, Entry{Action: EventSearch}))
		passes(t, 10*time.Second)
		s.wantEnded(p, false)
		s.wantEnded(q, false)
	})
}

// What is open when the store becomes unreadable goes on for a bounded time,
// since its right may have ended; and all works again once it can be read.
func TestWhatIsOpenEndsWhereNothingCanBeReadForLong(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.run()
		s.add("viv", account.Viewer)
		id, person := s.signIn("viv")
		key := s.key("engine", account.ScopeIngest)
		program, err := s.Key(ctx, key)
		must(t, err)
		db, err := sql.Open("sqlite", filepath.Join(s.dir, "postern.db"))
		must(t, err)
		defer db.Close()
		rename := func(from, to string) {
			t.Helper()
			_, err := db.Exec("UPDATE meta SET name = ? WHERE name = ?", to, from)
			must(t, err)
		}
		rename("access", "away")
		passes(t, MaxBlind-pollEvery)
		s.wantEnded(person, false)
		passes(t, 3*pollEvery)
		s.wantEnded(person, true)
		s.wantEnded(program, true)
		s.wantSession(id, false)
		rename("away", "access")
		again, err := s.Session(ctx, id)
		must(t, err)
		_, err = s.Key(ctx, key)
		must(t, err)
		passes(t, time.Minute)
		s.wantEnded(again, false)
	})
}
