package accounts

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/eventtest"
	"postern/internal/store/auditlog"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

var start = eventtest.Start

// testStore is the tables in a database of their own.
type testStore struct {
	*Store
	dir string
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
	return testStore{New(db, audit), dir}
}

// rows returns an account, a key, and a session of each.
func rows() (*account.Account, *account.Key, []*account.Session) {
	a := &account.Account{Name: "Alice", Role: "operator", Cameras: account.OnlyCameras("höhe", "lobby-cam-1"),
		Password:   "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		PasswordAt: start, CreatedAt: start.Add(-time.Hour), SignedInAt: start.Add(time.Hour)}
	k := &account.Key{Name: "engine", Hash: account.Hash{1, 2, 3}, Hint: "pst_Ab3d", Scopes: []account.Scope{"ingest", "read"},
		Producer: "engine", CreatedAt: start, ExpiresAt: start.Add(24 * time.Hour)}
	return a, k, []*account.Session{
		{Hash: account.Hash{4}, Account: 1, CreatedAt: start, SeenAt: start.Add(time.Minute), Address: "192.0.2.7", Agent: "Firefox"},
		{Hash: account.Hash{5}, Key: 1, CreatedAt: start, SeenAt: start, Address: "", Agent: ""},
	}
}

// fill adds these rows, and an audit entry.
func fill(t *testing.T, s testStore) {
	t.Helper()
	a, k, sessions := rows()
	change(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutAccount(a), tx.AddKey(k), tx.AddSession(sessions[0]), tx.AddSession(sessions[1]),
			tx.Audit(&auditlog.Entry{ActorKind: "console", Actor: "root", Action: "account.add", Target: "Alice", Address: "192.0.2.7",
				Outcome: "done", Details: `{"role":"operator"}`}))
	})
	change(t, s, func(tx *Tx) error { return tx.UsedKey(k.N, start.Add(time.Second)) })
}

// checkFilled checks what fill added.
func checkFilled(t *testing.T, s testStore) {
	t.Helper()
	a, k, sessions := rows()
	a.N, k.N, k.UsedAt, sessions[0].N, sessions[1].N = 1, 1, start.Add(time.Second), 1, 2
	want := &All{Accounts: []*account.Account{a}, Keys: []*account.Key{k}, Sessions: sessions}
	if got := read(t, s); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got.Accounts[0], want.Accounts[0])
	}
	entries, err := s.audit.Entries(context.Background(), auditlog.Query{Limit: 10})
	if err != nil || len(entries) != 2 || entries[0].Target != "Alice" || entries[0].Details != `{"role":"operator"}` ||
		entries[1].Action != auditlog.ActionBegin {
		t.Errorf("the audit is %+v, %v", entries, err)
	}
}

func change(t *testing.T, s testStore, do func(*Tx) error) {
	t.Helper()
	if err := s.Change(context.Background(), do); err != nil {
		t.Fatalf("Change: %v", err)
	}
}

func read(t *testing.T, s testStore) *All {
	t.Helper()
	all, err := s.Read(context.Background())
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return all
}

func TestStore_keeps_changes_over_a_restart(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	fill(t, s)
	checkFilled(t, s)
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, s.dir)
	checkFilled(t, s)

	a, k, sessions := read(t, s).Accounts[0], read(t, s).Keys[0], read(t, s).Sessions
	a.Role, a.Cameras, a.DisabledAt = "viewer", account.OnlyCameras(), start
	change(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutAccount(a), tx.SeenSession(sessions[0].N, start.Add(time.Hour)), tx.SeenSession(sessions[0].N, start),
			tx.RemoveSession(sessions[1].N))
	})
	now := read(t, s)
	if got := now.Accounts[0]; !reflect.DeepEqual(got, a) || got.Cameras.All() {
		t.Errorf("got  %+v\nwant %+v", got, a)
	}
	if len(now.Sessions) != 1 || !now.Sessions[0].SeenAt.Equal(start.Add(time.Hour)) {
		t.Errorf("sessions %+v", now.Sessions)
	}
	change(t, s, func(tx *Tx) error {
		return errors.Join(tx.AddSession(sessions[1]), tx.RemoveAccount(a.N), tx.RemoveKey(k.N))
	})
	if now := read(t, s); len(now.Accounts)+len(now.Keys)+len(now.Sessions) != 0 {
		t.Errorf("left: %+v", now)
	}
}

func TestStore_Change_is_committed_whole_or_not_at_all(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	a, k, _ := rows()
	refused := errors.New("refused")
	err := s.Change(context.Background(), func(tx *Tx) error {
		return errors.Join(tx.PutAccount(a), tx.AddKey(k), tx.Audit(&auditlog.Entry{Action: "account.add"}), refused)
	})
	if !errors.Is(err, refused) {
		t.Fatalf("Change: %v", err)
	}
	now := read(t, s)
	if report, err := s.audit.Verify(context.Background(), 0, auditlog.Hash{}); len(now.Accounts)+len(now.Keys) != 0 ||
		err != nil || report.Entries != 1 {
		t.Errorf("kept %+v and the audit is %+v, %v", now, report, err)
	}
}

func TestStore_Read_refuses_a_damaged_camera_scope(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	fill(t, s)
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
	change(t, s, func(tx *Tx) error {
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
