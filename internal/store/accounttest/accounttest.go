// Package accounttest fills the tables of accounts, for the tests of the store and of
// its rooms.
package accounttest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/eventtest"
	"postern/internal/store/accounts"
	"postern/internal/store/auditlog"
)

// Rows returns an account, a key, and a session of each.
func Rows() (*account.Account, *account.Key, []*account.Session) {
	a := &account.Account{Name: "Alice", Role: "operator", Cameras: account.OnlyCameras("höhe", "lobby-cam-1"),
		Password:   "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		PasswordAt: eventtest.Start, CreatedAt: eventtest.Start.Add(-time.Hour), SignedInAt: eventtest.Start.Add(time.Hour)}
	k := &account.Key{Name: "engine", Hash: account.Hash{1, 2, 3}, Hint: "pst_Ab3d", Scopes: []account.Scope{"ingest", "read"},
		Producer: "engine", CreatedAt: eventtest.Start, ExpiresAt: eventtest.Start.Add(24 * time.Hour)}
	return a, k, []*account.Session{
		{Hash: account.Hash{4}, Account: 1, CreatedAt: eventtest.Start, SeenAt: eventtest.Start.Add(time.Minute),
			Address: "192.0.2.7", Agent: "Firefox"},
		{Hash: account.Hash{5}, Key: 1, CreatedAt: eventtest.Start, SeenAt: eventtest.Start, Address: "", Agent: ""},
	}
}

// Fill adds these rows, and an audit entry.
func Fill(t testing.TB, s *accounts.Store) {
	t.Helper()
	a, k, sessions := Rows()
	Change(t, s, func(tx *accounts.Tx) error {
		return errors.Join(tx.PutAccount(a), tx.AddKey(k), tx.AddSession(sessions[0]), tx.AddSession(sessions[1]),
			tx.Audit(&auditlog.Entry{ActorKind: "console", Actor: "root", Action: "account.add", Target: "Alice", Address: "192.0.2.7",
				Outcome: "done", Details: `{"role":"operator"}`}))
	})
	Change(t, s, func(tx *accounts.Tx) error { return tx.UsedKey(k.N, eventtest.Start.Add(time.Second)) })
}

// CheckFilled checks that the tables and the audit have what Fill added.
func CheckFilled(t testing.TB, s *accounts.Store, audit *auditlog.Log) {
	t.Helper()
	a, k, sessions := Rows()
	a.N, k.N, k.UsedAt, sessions[0].N, sessions[1].N = 1, 1, eventtest.Start.Add(time.Second), 1, 2
	want := &accounts.All{Accounts: []*account.Account{a}, Keys: []*account.Key{k}, Sessions: sessions}
	if got := Read(t, s); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got.Accounts[0], want.Accounts[0])
	}
	entries, err := audit.Entries(context.Background(), auditlog.Query{Limit: 10})
	if err != nil || len(entries) != 2 || entries[0].Target != "Alice" || entries[0].Details != `{"role":"operator"}` ||
		entries[1].Action != auditlog.ActionBegin {
		t.Errorf("the audit is %+v, %v", entries, err)
	}
}

// Change makes a change.
func Change(t testing.TB, s *accounts.Store, do func(*accounts.Tx) error) {
	t.Helper()
	if err := s.Change(context.Background(), do); err != nil {
		t.Fatalf("Change: %v", err)
	}
}

// Read returns all rows.
func Read(t testing.TB, s *accounts.Store) *accounts.All {
	t.Helper()
	all, err := s.Read(context.Background())
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return all
}
