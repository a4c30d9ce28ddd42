package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"postern/internal/account"
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
	changeAccess(t, j, func(tx *AccessTx) error {
		return errors.Join(tx.PutAccount(a), tx.AddKey(k), tx.AddSession(sessions[0]), tx.AddSession(sessions[1]),
			tx.Audit(&AuditEntry{ActorKind: "console", Actor: "root", Action: "account.add", Target: "Alice", Address: "192.0.2.7",
				Outcome: "done", Details: `{"role":"operator"}`}))
	})
	changeAccess(t, j, func(tx *AccessTx) error { return tx.UsedKey(k.N, start.Add(time.Second)) })
}

func checkAccess(t *testing.T, j *Store) {
	t.Helper()
	a, k, sessions := fixtureAccess()
	a.N, k.N, k.UsedAt, sessions[0].N, sessions[1].N = 1, 1, start.Add(time.Second), 1, 2
	want := &Access{Version: 1, Accounts: []*account.Account{a}, Keys: []*account.Key{k}, Sessions: sessions}
	if got := readAccess(t, j); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got.Accounts[0], want.Accounts[0])
	}
	entries, err := j.AuditEntries(context.Background(), AuditQuery{Limit: 10})
	if err != nil || len(entries) != 2 || entries[0].Target != "Alice" || entries[0].Details != `{"role":"operator"}` ||
		entries[1].Action != auditBegin {
		t.Errorf("the audit is %+v, %v", entries, err)
	}
}

func changeAccess(t testing.TB, j *Store, do func(*AccessTx) error) {
	t.Helper()
	if err := j.ChangeAccess(context.Background(), do); err != nil {
		t.Fatalf("ChangeAccess: %v", err)
	}
}

func readAccess(t testing.TB, j *Store) *Access {
	t.Helper()
	a, err := j.ReadAccess(context.Background())
	if err != nil {
		t.Fatalf("ReadAccess: %v", err)
	}
	if v, err := j.AccessVersion(context.Background()); err != nil || v != a.Version {
		t.Fatalf("the version is %d, %v; ReadAccess has %d", v, err, a.Version)
	}
	return a
}

func TestAccessIsKeptAndSurvivesARestart(t *testing.T) {
	t.Parallel()
	j := openAt(t, t.TempDir(), Options{Now: newClock().Now})
	makeAccess(t, j)
	checkAccess(t, j)
	j = reopen(t, j)
	checkAccess(t, j)

	a, k, sessions := readAccess(t, j).Accounts[0], readAccess(t, j).Keys[0], readAccess(t, j).Sessions
	a.Role, a.Cameras, a.DisabledAt = "viewer", account.OnlyCameras(), start
	changeAccess(t, j, func(tx *AccessTx) error {
		return errors.Join(tx.PutAccount(a), tx.SeenSession(sessions[0].N, start.Add(time.Hour)), tx.SeenSession(sessions[0].N, start),
			tx.RemoveSession(sessions[1].N))
	})
	now := readAccess(t, j)
	if got := now.Accounts[0]; !reflect.DeepEqual(got, a) || got.Cameras.All() {
		t.Errorf("got  %+v\nwant %+v", got, a)
	}
	if len(now.Sessions) != 1 || !now.Sessions[0].SeenAt.Equal(start.Add(time.Hour)) {
		t.Errorf("sessions %+v", now.Sessions)
	}
	changeAccess(t, j, func(tx *AccessTx) error {
		return errors.Join(tx.AddSession(sessions[1]), tx.RemoveAccount(a.N), tx.RemoveKey(k.N))
	})
	if now := readAccess(t, j); len(now.Accounts)+len(now.Keys)+len(now.Sessions) != 0 {
		t.Errorf("left: %+v", now)
	}
}

func TestAChangeOfAccessIsKeptWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	j := open(t)
	before := readAccess(t, j).Version
	a, k, _ := fixtureAccess()
	refused := errors.New("refused")
	err := j.ChangeAccess(context.Background(), func(tx *AccessTx) error {
		return errors.Join(tx.PutAccount(a), tx.AddKey(k), tx.Audit(&AuditEntry{Action: "account.add"}), refused)
	})
	if !errors.Is(err, refused) {
		t.Fatalf("ChangeAccess: %v", err)
	}
	now := readAccess(t, j)
	if report, err := j.VerifyAudit(context.Background(), 0, Hash{}); len(now.Accounts)+len(now.Keys) != 0 || now.Version != before ||
		err != nil || report.Entries != 1 {
		t.Errorf("kept %+v and the audit is %+v, %v", now, report, err)
	}
}

func TestOnlyWhatDecidesChangesTheVersion(t *testing.T) {
	t.Parallel()
	j := open(t)
	makeAccess(t, j)
	before := readAccess(t, j).Version
	changeAccess(t, j, func(tx *AccessTx) error {
		return errors.Join(tx.SeenSession(1, start), tx.UsedKey(1, start), tx.Audit(&AuditEntry{Action: "event.search"}))
	})
	if v := readAccess(t, j).Version; v != before {
		t.Errorf("the version went from %d to %d", before, v)
	}
	for i, change := range []func(*AccessTx) error{
		func(tx *AccessTx) error { return tx.RemoveSession(1) },
		func(tx *AccessTx) error { return tx.RemoveKey(1) },
		func(tx *AccessTx) error { return tx.RemoveAccount(1) },
	} {
		changeAccess(t, j, change)
		if v := readAccess(t, j).Version; v != before+int64(i)+1 {
			t.Errorf("after change %d the version is %d, before it all %d", i, v, before)
		}
	}
}

func TestADamagedRestrictionIsNoPermission(t *testing.T) {
	t.Parallel()
	j := open(t)
	makeAccess(t, j)
	for _, cameras := range []string{"", "null", `["a"`, `{"a":1}`, `[1]`} {
		j.DB.Exec(context.Background(), "UPDATE accounts SET cameras = ?", cameras)
		if a, err := j.ReadAccess(context.Background()); err == nil {
			t.Errorf("%q is read as %+v", cameras, a.Accounts[0].Cameras)
		}
	}
}

func TestPasswordHashesPrintAsNothing(t *testing.T) {
	t.Parallel()
	a, _, _ := fixtureAccess()
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", slog.Any("hash", a.Password), slog.Any("account", a))
	printed := log.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed += fmt.Sprintf(verb, a) + fmt.Sprintf(verb, *a) + fmt.Sprintf(verb, a.Password)
	}
	if strings.Contains(printed, "argon2id") || strings.Contains(printed, fmt.Sprintf("%x", "argon2id")) {
		t.Error("a hash is printed:", printed)
	}
}
