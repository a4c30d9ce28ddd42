package accounts_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/eventtest"
	"postern/internal/store/accounts"
	"postern/internal/store/accounttest"
	"postern/internal/store/auditlog"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

var start = eventtest.Start

// testStore is the tables in a database of their own.
type testStore struct {
	*accounts.Store
	db    *database.DB
	audit *auditlog.Log
	dir   string
}

// openStore opens the tables in dir, and closes the database with the test.
func openStore(t *testing.T, dir string) testStore {
	t.Helper()
	return openStoreWith(t, dir, eventtest.NewClock().Now)
}

// openStoreWith is openStore with a clock.
func openStoreWith(t *testing.T, dir string, now func() time.Time) testStore {
	t.Helper()
	box, err := secretbox.New(bytes.Repeat([]byte{5}, secretbox.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	opts := database.Options{Now: now}
	db, err := database.Open(ctx, dir, opts, func(context.Context, *database.DB) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	audit := auditlog.New(db, box, func() bool { return false })
	if err := audit.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	return testStore{accounts.New(db, audit), db, audit, dir}
}

func TestStore_keeps_changes_over_a_restart(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	accounttest.Fill(t, s.Store)
	accounttest.CheckFilled(t, s.Store, s.audit)
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, s.dir)
	accounttest.CheckFilled(t, s.Store, s.audit)

	a, k, sessions := accounttest.Read(t, s.Store).Accounts[0], accounttest.Read(t, s.Store).Keys[0], accounttest.Read(t, s.Store).Sessions
	a.Role, a.Cameras, a.DisabledAt = "viewer", account.OnlyCameras(), start
	accounttest.Change(t, s.Store, func(tx *accounts.Tx) error {
		return errors.Join(tx.PutAccount(a), tx.SeenSession(sessions[0].N, start.Add(time.Hour)), tx.SeenSession(sessions[0].N, start),
			tx.RemoveSession(sessions[1].N))
	})
	now := accounttest.Read(t, s.Store)
	if got := now.Accounts[0]; !reflect.DeepEqual(got, a) || got.Cameras.All() {
		t.Errorf("got  %+v\nwant %+v", got, a)
	}
	if len(now.Sessions) != 1 || !now.Sessions[0].SeenAt.Equal(start.Add(time.Hour)) {
		t.Errorf("sessions %+v", now.Sessions)
	}
	accounttest.Change(t, s.Store, func(tx *accounts.Tx) error {
		return errors.Join(tx.AddSession(sessions[1]), tx.RemoveAccount(a.N), tx.RemoveKey(k.N))
	})
	if now := accounttest.Read(t, s.Store); len(now.Accounts)+len(now.Keys)+len(now.Sessions) != 0 {
		t.Errorf("left: %+v", now)
	}
}

func TestStore_Change_is_committed_whole_or_not_at_all(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	a, k, _ := accounttest.Rows()
	refused := errors.New("refused")
	err := s.Change(context.Background(), func(tx *accounts.Tx) error {
		return errors.Join(tx.PutAccount(a), tx.AddKey(k), tx.Audit(&auditlog.Entry{Action: "account.add"}), refused)
	})
	if !errors.Is(err, refused) {
		t.Fatalf("Change: %v", err)
	}
	now := accounttest.Read(t, s.Store)
	if report, err := s.audit.Verify(context.Background(), 0, auditlog.Hash{}); len(now.Accounts)+len(now.Keys) != 0 ||
		err != nil || report.Entries != 1 {
		t.Errorf("kept %+v and the audit is %+v, %v", now, report, err)
	}
}

func TestStore_Read_refuses_a_damaged_camera_scope(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	accounttest.Fill(t, s.Store)
	for _, cameras := range []string{"", "null", `["a"`, `{"a":1}`, `[1]`} {
		if _, err := s.db.Exec(context.Background(), "UPDATE accounts SET cameras = ?", cameras); err != nil {
			t.Fatal(err)
		}
		if a, err := s.Read(context.Background()); err == nil {
			t.Errorf("%q is read as %+v", cameras, a.Accounts[0].Cameras)
		}
	}
}

// The entries of one change have its time, however long it takes.
func TestStore_Change_has_one_time(t *testing.T) {
	t.Parallel()
	clock := eventtest.NewClock()
	s := openStoreWith(t, t.TempDir(), clock.Now)
	entries := []*auditlog.Entry{{ActorKind: "console", Action: "account.add"}, {ActorKind: "console", Action: "account.add"}}
	accounttest.Change(t, s.Store, func(tx *accounts.Tx) error {
		for _, e := range entries {
			clock.Advance(time.Second)
			if err := tx.Audit(e); err != nil {
				return err
			}
			if !e.At.Equal(tx.Now()) {
				t.Errorf("entry %d has the time %s, want %s", e.N, e.At, tx.Now())
			}
		}
		return nil
	})
}
