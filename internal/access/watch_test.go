package access

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/store/accounts"
	"postern/internal/store/database"
)

// TestService_change_holds_at_once has no Run: a change holds without it.
func TestService_change_holds_at_once(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("Root", account.Administrator)
		s.add("viv", account.Viewer)
		key := s.key("engine", account.ScopeIngest)
		id, person := s.signIn("viv")
		program, err := s.Key(ctx, key)
		must(t, err)

		must(t, s.RevokeKey(ctx, by, "engine"))
		s.wantEnded(program, true)
		_, err = s.Key(ctx, key)
		want(t, err, problem.Unauthenticated, "revoked")
		s.wantEnded(person, false)
		must(t, s.SetDisabled(ctx, by, "viv", true))
		s.wantEnded(person, true)
		s.wantSession(id, false)
		if report, err := s.Verify(ctx, Mark{}); err != nil || report.Entries < 6 {
			t.Errorf("the audit: %+v, %v", report, err)
		}
	})
}

func TestService_change_of_one_does_not_end_the_others(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.run()
		s.add("viv", account.Viewer, "lobby")
		_, p := s.signIn("viv")
		q, err := s.Key(ctx, s.key("engine", account.ScopeIngest))
		must(t, err)
		s.add("eve", account.Viewer)
		s.key("other", account.ScopeRead)
		must(t, s.RevokeKey(ctx, by, "other"))
		must(t, s.Record(ctx, by, Entry{Action: EventSearch}))
		passes(t, 10*time.Second)
		s.wantEnded(p, false)
		s.wantEnded(q, false)
	})
}

// The store may report an error after COMMIT: the change is committed, and holds.
func TestService_change_holds_where_the_store_fails_after_commit(t *testing.T) {
	for name, failure := range map[string]error{
		"a file was replaced":    database.ErrReplaced,
		"the disk is full":       fmt.Errorf("%w: during COMMIT", database.ErrFull),
		"the store is unwritten": fmt.Errorf("%w: during COMMIT", database.ErrUnwritable),
		"an unknown error":       errors.New("unknown"),
		"an internal problem":    problem.New(problem.Internal, "Postern failed."),
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, func(t *testing.T, s *site) {
				key := s.key("engine", account.ScopeIngest)
				program, err := s.Key(ctx, key)
				must(t, err)
				must(t, s.j.Accounts.Change(ctx, func(tx *accounts.Tx) error { return tx.RemoveKey(s.snapshot.Load().keys[0].N) }))
				want(t, s.change(ctx, func(*accounts.Tx) error { return failure }), failure)
				s.wantEnded(program, true)
				_, err = s.Key(ctx, key)
				want(t, err, problem.Unauthenticated, "revoked")
			})
		})
	}
}

func TestService_change_that_is_refused_reads_nothing(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.key("engine", account.ScopeIngest)
		before := s.snapshot.Load()
		want(t, s.RevokeKey(ctx, by, "other"), problem.NotFound)
		if s.snapshot.Load() != before {
			t.Error("a refusal has accounts and keys read again")
		}
	})
}

// A change that can't be read back may have taken a right away: what is open
// ends, and no request is allowed until the store can be read again.
func TestService_lets_nobody_in_while_it_cannot_read_a_change(t *testing.T) {
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
			_, err := db.Exec("ALTER TABLE sessions RENAME COLUMN " + from + " TO " + to)
			must(t, err)
		}
		rename("agent", "away")
		if _, err := s.AddKey(ctx, by, NewKey{Name: "unread", Scopes: []account.Scope{account.ScopeRead}}); err == nil {
			t.Error("a change that can't be read back is no error")
		}
		s.wantEnded(person, true)
		s.wantEnded(program, true)
		s.wantSession(id, false)
		if _, err := s.Key(ctx, key); err == nil {
			t.Error("a key is taken")
		}
		if _, _, err := s.try("viv", goodPassword, home); err == nil {
			t.Error("a password is taken")
		}
		if log := s.log.String(); strings.Count(log, "every request is refused") != 1 {
			t.Errorf("the log says %q", log)
		}
		rename("away", "agent")
		again, err := s.Session(ctx, id)
		must(t, err)
		_, err = s.Key(ctx, key)
		must(t, err)
		passes(t, time.Minute)
		s.wantEnded(again, false)
	})
}
