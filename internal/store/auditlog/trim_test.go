package auditlog

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestLog_Trim_leaves_a_chain_that_verifies(t *testing.T) {
	t.Parallel()
	l, c := audited(t, 20)
	trim := func(before time.Time, limit int) int64 {
		t.Helper()
		removed, err := l.Trim(context.Background(), before, limit)
		if err != nil {
			t.Fatalf("Trim: %v", err)
		}
		return removed
	}
	if n := trim(start, 100); n != 0 {
		t.Errorf("%d went that are young", n)
	}
	if n := trim(start.Add(10*time.Minute), 4); n != 4 {
		t.Errorf("%d went, want 4", n)
	}
	if report := verifies(t, l); report.First != 5 || report.Entries != 17 || report.Head != 21 {
		t.Errorf("report %+v", report)
	}
	if n := trim(start.Add(10*time.Minute), 100); n != 6 {
		t.Errorf("%d went, want 6", n)
	}
	l = reopen(t, l)
	if report := verifies(t, l); report.First != 11 || !report.Since.Equal(start.Add(10*time.Minute)) {
		t.Errorf("report %+v", report)
	}
	// All of it, even the entries that tell of trims: the last one stays.
	c.Advance(time.Hour)
	trim(c.Now(), 100)
	if report := verifies(t, l); report.Entries != 1 {
		t.Errorf("report %+v", report)
	}
	// A beginning that went otherwise is found, even with a copied signature.
	appendAudit(t, l, &Entry{Action: "event.search"})
	appendAudit(t, l, &Entry{Action: "event.search"})
	db := raw(t, l.dir)
	execRaw(t, db, "DELETE FROM audit WHERE n = (SELECT min(n) FROM audit)")
	wantBroken(t, l, "a beginning that was removed")
}

func TestLog_Trim_keeps_broken_entries(t *testing.T) {
	t.Parallel()
	l, c := audited(t, 10)
	execRaw(t, raw(t, l.dir), "UPDATE audit SET target = 'nobody' WHERE n = 4")
	_, err := l.Trim(context.Background(), c.Now(), 100)
	if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "entry 4") {
		t.Errorf("Trim: %v", err)
	}
	if entries, err := l.Entries(context.Background(), Query{Limit: 100}); err != nil || len(entries) != 10 {
		t.Errorf("%d entries are left, %v", len(entries), err)
	}
}
