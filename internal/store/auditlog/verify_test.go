package auditlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"postern/internal/fullrun"
	"postern/internal/store/secretbox"
)

func TestLog_begins_and_verifies(t *testing.T) {
	t.Parallel()
	l, _ := audited(t, 5)
	report := verifies(t, l)
	if report.Entries != 5 || report.First != 1 || report.Head != 5 || !report.Since.Equal(start) || report.Hash == (Hash{}) {
		t.Errorf("report %+v", report)
	}
	l = reopen(t, l)
	appendAudit(t, l, &Entry{Action: "event.search"})
	if again := verifies(t, l); again.Entries != 6 {
		t.Errorf("report %+v after a restart", again)
	}
}

func TestLog_Verify_finds_a_change_of_any_column(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	const entries = 6
	l, _ := audited(t, entries)
	db := raw(t, l.dir)
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
			wantBroken(t, l, fmt.Sprintf("column %s of entry %d", c, n), fmt.Sprintf("entry %d", n))
			execRaw(t, db, "DELETE FROM audit WHERE n IN (?, ?)", n, n+1000)
			execRaw(t, db, "INSERT INTO audit SELECT * FROM kept")
			execRaw(t, db, "DROP TABLE kept")
		}
	}
	verifies(t, l)
	for _, c := range column(t, db, "SELECT name FROM pragma_table_info('audit_head')") {
		change := c + " + 1"
		if c != "first" && c != "n" {
			change = "X'" + strings.Repeat("11", 32) + "'"
		}
		execRaw(t, db, "CREATE TABLE kept AS SELECT * FROM audit_head")
		execRaw(t, db, "UPDATE audit_head SET "+c+" = "+change)
		wantBroken(t, l, "column "+c+" of the head", "begins and ends")
		execRaw(t, db, "DELETE FROM audit_head")
		execRaw(t, db, "INSERT INTO audit_head SELECT * FROM kept")
		execRaw(t, db, "DROP TABLE kept")
	}
	verifies(t, l)
}

func TestLog_Verify_finds_removed_added_and_swapped_entries(t *testing.T) {
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
			l, _ := audited(t, 6)
			db := raw(t, l.dir)
			for _, query := range c.change {
				execRaw(t, db, query)
			}
			wantBroken(t, l, name, c.says)
			// Later entries don't hide it.
			for range 3 {
				appendAudit(t, l, &Entry{Action: "event.search"})
			}
			wantBroken(t, l, name+", and three more")
			l = reopen(t, l)
			appendAudit(t, l, &Entry{Action: "event.search"})
			wantBroken(t, l, name+", after a restart")
			got, err := l.Entries(context.Background(), Query{Action: ActionBroken, Limit: 10})
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

func TestLog_Verify_finds_a_rollback_by_a_noted_hash(t *testing.T) {
	t.Parallel()
	l, _ := audited(t, 4)
	db := raw(t, l.dir)
	execRaw(t, db, "CREATE TABLE earlier AS SELECT * FROM audit_head")
	appendAudit(t, l, &Entry{Action: "event.search"})
	noted := verifies(t, l)
	if _, err := l.Verify(context.Background(), noted.Head, noted.Hash); err != nil {
		t.Fatalf("with the mark: %v", err)
	}
	// The earlier state was signed, so that only the mark tells.
	execRaw(t, db, "DELETE FROM audit WHERE n = 5")
	execRaw(t, db, "DELETE FROM audit_head")
	execRaw(t, db, "INSERT INTO audit_head SELECT * FROM earlier")
	verifies(t, l)
	if _, err := l.Verify(context.Background(), noted.Head, noted.Hash); !errors.Is(err, ErrBroken) ||
		!strings.Contains(err.Error(), "cut off") {
		t.Errorf("a rollback: %v", err)
	}
	appendAudit(t, l, &Entry{Action: "webhook.add"})
	if _, err := l.Verify(context.Background(), noted.Head, noted.Hash); !errors.Is(err, ErrBroken) ||
		!strings.Contains(err.Error(), "another hash") {
		t.Errorf("a rollback that was written over: %v", err)
	}
}

func TestLog_Verify_refuses_the_signature_of_another_key(t *testing.T) {
	t.Parallel()
	l, _ := audited(t, 3)
	var err error
	if l.secrets, err = secretbox.New(bytes.Repeat([]byte{7}, secretbox.KeyBytes)); err != nil {
		t.Fatal(err)
	}
	wantBroken(t, l, "another key")
}
