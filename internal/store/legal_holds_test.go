package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/legalhold"
)

// held reads all that is under a hold.
func held(t testing.TB, j *Store, id string, limit int) []*event.Event {
	t.Helper()
	h, err := j.Holds.Get(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	var events []*event.Event
	for after, pages := int64(0), 0; ; pages++ {
		some, next, err := j.Holds.Events(context.Background(), h, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		if events = append(events, some...); next == 0 {
			return events
		}
		if len(some) > limit || next <= after || pages > 10_000 {
			t.Fatalf("a page of %d goes on after %d, from %d", len(some), next, after)
		}
		after = next
	}
}

func hold(t testing.TB, j *Store, h *legalhold.Hold) string {
	t.Helper()
	h.Reason = "case 12"
	if err := j.Holds.Create(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	return h.ID
}

// TestWhatIsOnHoldOutlivesRetention checks, while retention of both kinds
// goes on, that each hold has all its events, once and in order.
func TestWhatIsOnHoldOutlivesRetention(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	clock := newClock()
	j := shortLived(t, clock)
	random := rand.New(rand.NewPCG(1, 2))
	conditions, err := event.ParseConditions([]byte(`{"n":{"<":300}}`))
	if err != nil {
		t.Fatal(err)
	}
	holds := map[string]*legalhold.Hold{}
	for _, h := range []*legalhold.Hold{
		{Filter: event.Filter{Types: event.Types(event.FaceDetected)}},
		{Filter: event.Filter{Cameras: []string{"cam-1"}, Since: start.Add(time.Minute)}},
		{Identity: "person-7"}, {Filter: event.Filter{Conditions: conditions}, Identity: "person-3"},
	} {
		holds[hold(t, j, h)] = h
	}
	var sent []*event.Event
	for range 20 {
		var events []*event.Event
		for range 60 {
			n := len(sent) + len(events)
			events = append(events, made(withType(event.FaceDetected+event.Type(random.IntN(2))),
				withData(fmt.Sprintf(`{"n":%d,"identity_id":"person-%d"}`, n, random.IntN(9))), func(e *event.Event) {
					e.Camera, e.Time = fmt.Sprint("cam-", random.IntN(3)), clock.Now().Truncate(time.Microsecond)
				}))
		}
		add(t, j, events...)
		sent = append(sent, events...)
		clock.Advance(40 * time.Minute)
		retain(t, j)
		if random.IntN(4) == 0 {
			j = reopen(t, j)
		}
		for id, h := range holds {
			var want []*event.Event
			for _, e := range sent {
				if h.Match(e) {
					want = append(want, e)
				}
			}
			got := held(t, j, id, 1+random.IntN(70))
			if !slices.Equal(seqsIn(got), seqsIn(want)) {
				t.Fatalf("hold %+v has %d events, want %d", h.Filter, len(got), len(want))
			}
			for i := range want {
				wantSame(t, got[i], want[i])
			}
		}
	}
	list, err := j.Holds.All(context.Background())
	if err != nil || len(list) != 4 || list[0].Events == 0 || list[0].Bytes < 80*list[0].Events || list[0].Reason != "case 12" ||
		list[3].Identity != "person-3" || list[3].Filter.Conditions.String() != conditions.String() {
		t.Errorf("the holds are %+v, %v", list, err)
	}
	// Released, it all goes, and no byte stays.
	var last string
	for id := range holds {
		if err := j.Holds.Release(context.Background(), id); err != nil {
			t.Fatal(err)
		}
		last = id
	}
	if err := j.Holds.Release(context.Background(), last); !errors.Is(err, legalhold.ErrNotFound) {
		t.Errorf("releasing it again: %v", err)
	}
	clock.Advance(11 * time.Hour)
	retain(t, j)
	var rows int
	if err := j.reader.QueryRow("SELECT (SELECT count(*) FROM held_events) + (SELECT count(*) FROM holds)").Scan(&rows); err != nil ||
		rows != 0 {
		t.Errorf("%d rows are left, %v", rows, err)
	}
	fileBytes(t, j)
	wantNowhere(t, dirOf(j), "person-")
	if check := pragma(t, j, "integrity_check"); check != "ok" {
		t.Errorf("integrity_check: %s", check)
	}
}

func TestWhatIsOnHoldIsNotErased(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := shortLived(t, clock)
	ctx := context.Background()
	add(t, j, made(withType(event.FaceDetected), withData(aboutData("zq-person-77", 1))), made(withData(aboutData("zq-person-77", 2))))
	id := hold(t, j, &legalhold.Hold{Filter: event.Filter{Types: event.Types(event.FaceDetected)}})
	refused := func() {
		t.Helper()
		var held *legalhold.HeldError
		if _, _, err := j.Erasure.Erase(ctx, "zq-person-77"); !errors.As(err, &held) || held.Hold != id {
			t.Errorf("Erase: %v", err)
		}
	}
	refused()
	clock.Advance(2 * time.Hour)
	if n := retain(t, j); n != 1 {
		t.Fatalf("%d events went", n)
	}
	refused() // it is kept beside the log now
	if n, _, err := j.Erasure.Erase(ctx, "somebody-else"); n != 0 || err != nil {
		t.Errorf("somebody else: %d, %v", n, err)
	}
	if err := j.Holds.Release(ctx, id); err != nil {
		t.Fatal(err)
	}
	if n := erase(t, j, "zq-person-77"); n != 1 {
		t.Errorf("%d events were erased", n)
	}
	wantNowhere(t, dirOf(j), "zq-person-77", "unique-")
	// An erasure that was accepted goes before a hold.
	add(t, j, made(withData(aboutData("zq-person-78", 1))))
	if _, _, err := j.Erasure.Erase(ctx, "zq-person-78"); err != nil {
		t.Fatal(err)
	}
	if err := j.Holds.Create(ctx, &legalhold.Hold{Reason: "late", Identity: "zq-person-78"}); !errors.Is(err, legalhold.ErrErasing) {
		t.Errorf("a hold during an erasure: %v", err)
	}
}

// A hold that names somebody is for what comes too, and the file doesn't name
// them.
func TestAHoldThatNamesAnIdentityKeepsItFromBeingErased(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := shortLived(t, clock)
	ctx := context.Background()
	conditions, err := event.ParseConditions([]byte(`{"label":"zq-Zora"}`))
	if err != nil {
		t.Fatal(err)
	}
	h := &legalhold.Hold{Identity: "zq-person-77", Filter: event.Filter{Conditions: conditions}, Reason: "zq-reason"}
	if err := j.Holds.Create(ctx, h); err != nil {
		t.Fatal(err)
	}
	add(t, j, made(withData(aboutData("person-78", 1))))
	refused := func() {
		t.Helper()
		var held *legalhold.HeldError
		if _, _, err := j.Erasure.Erase(ctx, "zq-person-77"); !errors.As(err, &held) || held.Hold != h.ID {
			t.Errorf("Erase: %v", err)
		}
	}
	refused()
	j = reopen(t, j)
	refused()
	got, err := j.Holds.Get(ctx, h.ID)
	if err != nil || got.Identity != h.Identity || got.Reason != h.Reason || got.Filter.Conditions.String() != conditions.String() {
		t.Errorf("it reads %+v, %v", got, err)
	}
	if n := erase(t, j, "person-78"); n != 1 { // empties what lies beside the file, too
		t.Errorf("%d events were erased", n)
	}
	wantNowhere(t, dirOf(j), "zq-person", "zq-Zora", "zq-reason")
	// A hold that an earlier version stored as plain text is read as it is.
	result, err := raw(t, dirOf(j)).Exec(`UPDATE holds SET reason = 'as it was', filter = '{"identity":"zq-person-77"}'`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%d holds were changed, %v", n, err)
	}
	refused()
	if got, err := j.Holds.Get(ctx, h.ID); err != nil || got.Reason != "as it was" || got.Identity != "zq-person-77" {
		t.Errorf("it reads %+v, %v", got, err)
	}
}

func TestHoldsAreBounded(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	var first string
	for i := range legalhold.MaxHolds {
		if id := hold(t, j, &legalhold.Hold{Identity: fmt.Sprint(i)}); i == 0 {
			first = id
		}
	}
	if err := j.Holds.Create(context.Background(), &legalhold.Hold{}); !errors.Is(err, legalhold.ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	if err := j.Holds.Release(context.Background(), first); err != nil {
		t.Fatal(err)
	}
	hold(t, j, &legalhold.Hold{})
}

func TestWhatIsOnHoldDoesNotPushOutTheLog(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := openAt(t, t.TempDir(), Options{RetainBytes: 600 << 10})
	id := hold(t, j, &legalhold.Hold{Filter: event.Filter{Types: event.AllTypes}})
	for range 8 {
		add(t, j, several(1000)...)
		retain(t, j)
	}
	if n := len(held(t, j, id, 1000)); n != 8000 {
		t.Errorf("%d are on hold, want 8000", n)
	}
	if kept := j.Head() - j.First() + 1; kept < 500 || kept > 5000 {
		t.Errorf("the log has %d events", kept)
	}
}

// Whether a damaged event is under a hold is unknown: each hold keeps it, and says that it is damaged.
func TestHolds_keep_damaged_events(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour, Key: fixtureKey})
	add(t, j, made(withType(event.FaceDetected)), made(withType(event.FaceDetected)), made(), made(), made())
	ids := []string{
		hold(t, j, &legalhold.Hold{}),
		hold(t, j, &legalhold.Hold{Filter: event.Filter{Types: event.Types(event.FaceDetected)}}),
	}
	wantDamaged := func(where string) {
		t.Helper()
		for _, id := range ids {
			h, err := j.Holds.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if events, _, err := j.Holds.Events(t.Context(), h, 0, 10); err == nil || !strings.Contains(err.Error(), "can't be read") {
				t.Errorf("%s: the hold has %v, %v", where, seqsIn(events), err)
			}
		}
	}
	execDirect(t, j, "UPDATE events SET type = 99 WHERE seq = 1")
	execDirect(t, j, "UPDATE events SET camera = 'elsewhere' WHERE seq = 5")
	// Damage may also leave a value of a type that the column doesn't take.
	execDirect(t, j, "PRAGMA writable_schema = ON")
	execDirect(t, j, "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'events'")
	j = reopen(t, j)
	execDirect(t, j, "UPDATE events SET at = 'noon' WHERE seq = 3")
	clock.Advance(2 * time.Hour)
	if n := retain(t, j); n != 5 {
		t.Fatalf("%d events went", n)
	}
	wantDamaged("copied")
	for i, want := range [][]string{{"1 99", "2 1", "3 0", "4 2", "5 2"}, {"1 99", "2 1", "3 0", "5 2"}} {
		got := column(t, j.reader, fmt.Sprintf("SELECT seq || ' ' || type FROM held_events WHERE hold = %d ORDER BY seq", i+1))
		if !slices.Equal(got, want) {
			t.Errorf("hold %d keeps the rows %v, want %v", i+1, got, want)
		}
	}
}

// A damaged event of the log is an error for a hold by identity too. An erasure goes on.
func TestHolds_by_identity_report_damaged_events(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]string{
		"another type":   "UPDATE events SET type = 99 WHERE seq = 2",
		"another camera": "UPDATE events SET camera = 'elsewhere' WHERE seq = 2",
		"another person": "UPDATE events SET data = replace(data, 'person-77', 'person-78') WHERE seq = 2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := open(t)
			add(t, j, made(), made(withData(aboutData("person-77", 1))), made(withData(aboutData("person-77", 2))))
			h := &legalhold.Hold{Identity: "person-77"}
			hold(t, j, h)
			if got := seqsIn(held(t, j, h.ID, 10)); !slices.Equal(got, []int64{2, 3}) {
				t.Fatalf("the hold has %v", got)
			}
			execDirect(t, j, harm)
			if events, _, err := j.Holds.Events(t.Context(), h, 0, 10); err == nil || !strings.Contains(err.Error(), "can't be read") {
				t.Errorf("the hold has %v, %v", seqsIn(events), err)
			}
			if err := j.Holds.Release(t.Context(), h.ID); err != nil {
				t.Fatal(err)
			}
			if n := erase(t, j, "person-77"); n < 1 {
				t.Errorf("%d events were erased", n)
			}
		})
	}
}
