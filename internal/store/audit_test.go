package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/fullrun"
	"postern/internal/store/secretbox"
)

// verifies checks that the audit is whole.
func verifies(t testing.TB, j *Store) *AuditReport {
	t.Helper()
	report, err := j.VerifyAudit(context.Background(), 0, Hash{})
	if err != nil {
		t.Fatalf("VerifyAudit: %v", err)
	}
	return report
}

// wantBroken checks that the audit is broken, and that the error says words.
func wantBroken(t testing.TB, j *Store, what string, words ...string) {
	t.Helper()
	_, err := j.VerifyAudit(context.Background(), 0, Hash{})
	if !errors.Is(err, ErrAudit) {
		t.Errorf("%s: VerifyAudit says %v", what, err)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %q doesn't say %q", what, err, word)
		}
	}
}

// audited is a store with n entries, the first of which it wrote itself.
func audited(t testing.TB, n int) (*Store, *clock) {
	t.Helper()
	c := newClock()
	j := openAt(t, t.TempDir(), Options{Now: c.Now})
	for i := 2; i <= n; i++ {
		c.Advance(time.Minute)
		appendAudit(t, j, &AuditEntry{ActorKind: "account", Actor: fmt.Sprintf("Person%d", i%3),
			Action: []string{"event.search", "webhook.add", "webhook.remove"}[i%3],
			Target: fmt.Sprintf("target %d", i), Address: "192.0.2.7", Outcome: "done", Details: fmt.Sprintf(`{"n":%d}`, i)})
	}
	return j, c
}

func appendAudit(t testing.TB, j *Store, e *AuditEntry) {
	t.Helper()
	changeAccess(t, j, func(tx *AccessTx) error { return tx.Audit(e) })
}

func TestTheAuditOfANewStoreBeginsAndVerifies(t *testing.T) {
	t.Parallel()
	j, _ := audited(t, 5)
	report := verifies(t, j)
	if report.Entries != 5 || report.First != 1 || report.Head != 5 || !report.Since.Equal(start) || report.Hash == (Hash{}) {
		t.Errorf("report %+v", report)
	}
	j = reopen(t, j)
	appendAudit(t, j, &AuditEntry{Action: "event.search"})
	if again := verifies(t, j); again.Entries != 6 {
		t.Errorf("report %+v after a restart", again)
	}
}

// execRaw changes the file as somebody without Postern would.
func execRaw(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	result, err := db.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 && !strings.HasPrefix(query, "CREATE") && !strings.HasPrefix(query, "DROP") {
		t.Fatalf("%s changed nothing: %v", query, err)
	}
}

func TestAChangeOfAnyColumnOfAnyEntryIsFound(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	const entries = 6
	j, _ := audited(t, entries)
	db := raw(t, dirOf(j))
	columns := column(t, db, "SELECT name FROM pragma_table_info('audit')")
	if len(columns) != 10 {
		t.Fatalf("columns %q", columns)
	}
	for n := 1; n <= entries; n++ {
		for _, c := range columns {
			// Each value is another one of its type, and is put back after.
			change := map[string]string{"n": "n + 1000", "at": "at + 1", "hash": "X'" + strings.Repeat("00", 32) + "'"}[c]
			if change == "" {
				change = c + " || ' '"
			}
			execRaw(t, db, "CREATE TABLE kept AS SELECT * FROM audit WHERE n = ?", n)
			execRaw(t, db, "UPDATE audit SET "+c+" = "+change+" WHERE n = ?", n)
			wantBroken(t, j, fmt.Sprintf("column %s of entry %d", c, n), fmt.Sprintf("entry %d", n))
			execRaw(t, db, "DELETE FROM audit WHERE n IN (?, ?)", n, n+1000)
			execRaw(t, db, "INSERT INTO audit SELECT * FROM kept")
			execRaw(t, db, "DROP TABLE kept")
		}
	}
	verifies(t, j)
	for _, c := range column(t, db, "SELECT name FROM pragma_table_info('audit_head')") {
		change := c + " + 1"
		if c != "first" && c != "n" {
			change = "X'" + strings.Repeat("11", 32) + "'"
		}
		execRaw(t, db, "CREATE TABLE kept AS SELECT * FROM audit_head")
		execRaw(t, db, "UPDATE audit_head SET "+c+" = "+change)
		wantBroken(t, j, "column "+c+" of the head", "begins and ends")
		execRaw(t, db, "DELETE FROM audit_head")
		execRaw(t, db, "INSERT INTO audit_head SELECT * FROM kept")
		execRaw(t, db, "DROP TABLE kept")
	}
	verifies(t, j)
}

func TestEntriesThatAreTakenAddedOrSwappedAreFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change []string
		says   string
	}{
		"one from the middle": {[]string{"DELETE FROM audit WHERE n = 3"}, "entry 3 is missing"},
		"the first":           {[]string{"DELETE FROM audit WHERE n = 1"}, "entry 1 is missing"},
		"the last":            {[]string{"DELETE FROM audit WHERE n = 6"}, "entry 6 is missing"},
		"the end":             {[]string{"DELETE FROM audit WHERE n > 3"}, "entry 4 is missing, and all after it up to 6"},
		"all":                 {[]string{"DELETE FROM audit"}, "entry 1 is missing"},
		"the head":            {[]string{"DELETE FROM audit_head"}, "is gone"},
		"the end, with a new head": {[]string{"DELETE FROM audit WHERE n > 3",
			"UPDATE audit_head SET n = 3, hash = (SELECT hash FROM audit WHERE n = 3)"}, "begins and ends was changed"},
		"the beginning, by a trim": {[]string{"DELETE FROM audit WHERE n < 3", "UPDATE audit_head SET first = 3, before = X'00'"},
			"begins and ends was changed"},
		"one added after the end": {[]string{"INSERT INTO audit SELECT 7, at, actor_kind, actor, action, target, address, outcome, details, " +
			"hash FROM audit WHERE n = 6"}, "entry 7 was added"},
		"one added before them all": {[]string{"INSERT INTO audit SELECT 0, at, actor_kind, actor, action, target, address, outcome, details, " +
			"hash FROM audit WHERE n = 6"}, "entry 0"},
		"two swapped": {[]string{"UPDATE audit SET n = 99 WHERE n = 3", "UPDATE audit SET n = 3 WHERE n = 4",
			"UPDATE audit SET n = 4 WHERE n = 99"}, "entry 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, _ := audited(t, 6)
			db := raw(t, dirOf(j))
			for _, query := range c.change {
				execRaw(t, db, query)
			}
			wantBroken(t, j, name, c.says)
			// Later entries don't hide it.
			for range 3 {
				appendAudit(t, j, &AuditEntry{Action: "event.search"})
			}
			wantBroken(t, j, name+", and three more")
			closeStore(t, j)
			j = openAt(t, dirOf(j), Options{})
			appendAudit(t, j, &AuditEntry{Action: "event.search"})
			wantBroken(t, j, name+", after a restart")
			got, err := j.AuditEntries(context.Background(), AuditQuery{Action: auditBroken, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			// Only what is at the end can be told when something is appended.
			if atEnd := !strings.Contains(name, "middle") && name != "the first" && name != "two swapped" &&
				!strings.Contains(name, "before them"); atEnd && len(got) != 1 {
				t.Errorf("%d entries say that the end was changed", len(got))
			}
		})
	}
}

func TestARollbackShowsByAMarkThatWasNoted(t *testing.T) {
	t.Parallel()
	j, _ := audited(t, 4)
	db := raw(t, dirOf(j))
	execRaw(t, db, "CREATE TABLE earlier AS SELECT * FROM audit_head")
	appendAudit(t, j, &AuditEntry{Action: "event.search"})
	noted := verifies(t, j)
	if _, err := j.VerifyAudit(context.Background(), noted.Head, noted.Hash); err != nil {
		t.Fatalf("with the mark: %v", err)
	}
	// The earlier state was signed, so that only the mark tells.
	execRaw(t, db, "DELETE FROM audit WHERE n = 5")
	execRaw(t, db, "DELETE FROM audit_head")
	execRaw(t, db, "INSERT INTO audit_head SELECT * FROM earlier")
	verifies(t, j)
	if _, err := j.VerifyAudit(context.Background(), noted.Head, noted.Hash); !errors.Is(err, ErrAudit) ||
		!strings.Contains(err.Error(), "cut off") {
		t.Errorf("a rollback: %v", err)
	}
	appendAudit(t, j, &AuditEntry{Action: "webhook.add"})
	if _, err := j.VerifyAudit(context.Background(), noted.Head, noted.Hash); !errors.Is(err, ErrAudit) ||
		!strings.Contains(err.Error(), "another hash") {
		t.Errorf("a rollback that was written over: %v", err)
	}
}

func TestAnotherKeyCannotSignTheAudit(t *testing.T) {
	t.Parallel()
	j, _ := audited(t, 3)
	var err error
	if j.Secrets, err = secretbox.New(otherKey); err != nil {
		t.Fatal(err)
	}
	wantBroken(t, j, "another key")
}

func TestTrimLeavesAChainThatVerifies(t *testing.T) {
	t.Parallel()
	j, c := audited(t, 20)
	trim := func(before time.Time, limit int) (removed int64) {
		t.Helper()
		changeAccess(t, j, func(tx *AccessTx) (err error) { removed, err = tx.TrimAudit(before, limit); return err })
		return removed
	}
	if n := trim(start, 100); n != 0 {
		t.Errorf("%d went that are young", n)
	}
	if n := trim(start.Add(10*time.Minute), 4); n != 4 {
		t.Errorf("%d went, want 4", n)
	}
	if report := verifies(t, j); report.First != 5 || report.Entries != 17 || report.Head != 21 {
		t.Errorf("report %+v", report)
	}
	if n := trim(start.Add(10*time.Minute), 100); n != 6 {
		t.Errorf("%d went, want 6", n)
	}
	j = reopen(t, j)
	if report := verifies(t, j); report.First != 11 || !report.Since.Equal(start.Add(10*time.Minute)) {
		t.Errorf("report %+v", report)
	}
	// All of it, even the entries that tell of trims: the last one stays.
	c.Advance(time.Hour)
	trim(c.Now(), 100)
	if report := verifies(t, j); report.Entries != 1 {
		t.Errorf("report %+v", report)
	}
	// A beginning that went otherwise is found, even with a copied signature.
	appendAudit(t, j, &AuditEntry{Action: "event.search"})
	appendAudit(t, j, &AuditEntry{Action: "event.search"})
	db := raw(t, dirOf(j))
	execRaw(t, db, "DELETE FROM audit WHERE n = (SELECT min(n) FROM audit)")
	wantBroken(t, j, "a beginning that was removed")
}

func TestTrimLeavesWhatIsBroken(t *testing.T) {
	t.Parallel()
	j, c := audited(t, 10)
	execRaw(t, raw(t, dirOf(j)), "UPDATE audit SET target = 'nobody' WHERE n = 4")
	err := j.ChangeAccess(context.Background(), func(tx *AccessTx) error { _, err := tx.TrimAudit(c.Now(), 100); return err })
	if !errors.Is(err, ErrAudit) || !strings.Contains(err.Error(), "entry 4") {
		t.Errorf("TrimAudit: %v", err)
	}
	if entries, err := j.AuditEntries(context.Background(), AuditQuery{Limit: 100}); err != nil || len(entries) != 10 {
		t.Errorf("%d entries are left, %v", len(entries), err)
	}
}

func TestTheAuditIsListedNewestFirst(t *testing.T) {
	t.Parallel()
	j, _ := audited(t, 10)
	for name, c := range map[string]struct {
		q    AuditQuery
		want []int64
	}{
		"all":                    {AuditQuery{Limit: 100}, []int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		"a page":                 {AuditQuery{Limit: 3}, []int64{10, 9, 8}},
		"the next page":          {AuditQuery{Limit: 3, Before: 8}, []int64{7, 6, 5}},
		"one actor":              {AuditQuery{Limit: 100, Actor: "person1"}, []int64{10, 7, 4}},
		"an action":              {AuditQuery{Limit: 100, Action: "webhook.add"}, []int64{10, 7, 4}},
		"a part of an action":    {AuditQuery{Limit: 100, Action: "webhook"}, nil},
		"a kind of action":       {AuditQuery{Limit: 100, Action: "webhook."}, []int64{10, 8, 7, 5, 4, 2}},
		"an actor and a kind":    {AuditQuery{Limit: 100, Actor: "Person2", Action: "webhook.", Before: 8}, []int64{5, 2}},
		"a pattern is just text": {AuditQuery{Limit: 100, Action: "%."}, nil},
		"from then on":           {AuditQuery{Limit: 100, Since: start.Add(8 * time.Minute)}, []int64{10, 9}},
		"until then":             {AuditQuery{Limit: 100, Until: start.Add(2 * time.Minute)}, []int64{2, 1}},
		"between, of one actor": {AuditQuery{Limit: 100, Actor: "Person1", Since: start.Add(4 * time.Minute),
			Until: start.Add(9 * time.Minute)}, []int64{7}},
		"what nobody did":         {AuditQuery{Limit: 100, Actor: "nobody"}, nil},
		"quotes do no harm":       {AuditQuery{Limit: 100, Actor: `'; DROP TABLE audit; --`, Action: `".`}, nil},
		"a page before the first": {AuditQuery{Limit: 100, Before: 1}, nil},
	} {
		entries, err := j.AuditEntries(context.Background(), c.q)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []int64
		for _, e := range entries {
			got = append(got, e.N)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}
