package store

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/store/accounts"
	"postern/internal/store/auditlog"
)

func fixtureAccess() (*account.Account, *account.Key, []*account.Session) {
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

// makeAccess writes a few rows into each of the tables of access.
func makeAccess(t *testing.T, j *Store) {
	t.Helper()
	a, k, sessions := fixtureAccess()
	changeAccess(t, j, func(tx *accounts.Tx) error {
		return errors.Join(tx.PutAccount(a), tx.AddKey(k), tx.AddSession(sessions[0]), tx.AddSession(sessions[1]),
			tx.Audit(&auditlog.Entry{ActorKind: "console", Actor: "root", Action: "account.add", Target: "Alice", Address: "192.0.2.7",
				Outcome: "done", Details: `{"role":"operator"}`}))
	})
	changeAccess(t, j, func(tx *accounts.Tx) error { return tx.UsedKey(k.N, start.Add(time.Second)) })
}

func checkAccess(t *testing.T, j *Store) {
	t.Helper()
	a, k, sessions := fixtureAccess()
	a.N, k.N, k.UsedAt, sessions[0].N, sessions[1].N = 1, 1, start.Add(time.Second), 1, 2
	want := &accounts.All{Accounts: []*account.Account{a}, Keys: []*account.Key{k}, Sessions: sessions}
	if got := readAccess(t, j); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got.Accounts[0], want.Accounts[0])
	}
	entries, err := j.Audit.Entries(context.Background(), auditlog.Query{Limit: 10})
	if err != nil || len(entries) != 2 || entries[0].Target != "Alice" || entries[0].Details != `{"role":"operator"}` ||
		entries[1].Action != auditlog.ActionBegin {
		t.Errorf("the audit is %+v, %v", entries, err)
	}
}

func changeAccess(t testing.TB, j *Store, do func(*accounts.Tx) error) {
	t.Helper()
	if err := j.Accounts.Change(context.Background(), do); err != nil {
		t.Fatalf("Change: %v", err)
	}
}

func readAccess(t testing.TB, j *Store) *accounts.All {
	t.Helper()
	a, err := j.Accounts.Read(context.Background())
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return a
}

// verifies checks that the audit is whole.
func verifies(t testing.TB, j *Store) {
	t.Helper()
	if _, err := j.Audit.Verify(context.Background(), 0, auditlog.Hash{}); err != nil {
		t.Fatalf("Verify: %v", err)
	}
}
