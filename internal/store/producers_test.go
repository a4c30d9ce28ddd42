package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/legalhold"
)

func everyCamera(string) bool { return true }

// from makes a batch of one producer.
func from(producer string, events ...*event.Event) *event.Batch {
	return &event.Batch{Producer: producer, Events: events}
}

// send appends a producer's events, which must be taken.
func send(t *testing.T, j *Store, producer string, events ...*event.Event) *event.Batch {
	t.Helper()
	b := from(producer, events...)
	addGroup(t, j, b)
	if b.Err != nil {
		t.Fatal(b.Err)
	}
	return b
}

// idForms are ids that are stored packed, as text, and with dots.
var idForms = []string{"evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210", "17", "1710842535.1-a:b"}

func TestProducers_haveIDsOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, id := range idForms {
		for name, together := range map[string]bool{"in one commit": true, "in two": false} {
			t.Run(id+" "+name, func(t *testing.T) {
				t.Parallel()
				j := open(t)
				first, second, third := made(withID(id), withData(`{"from":"a"}`)), made(withID(id), withData(`{"from":"b"}`)), made(withID(id),
					withData(`{"from":"a"}`))
				batches := []*event.Batch{from("a", first), from("b", made(), second, made()), from("", third)}
				if together {
					addGroup(t, j, batches...)
				} else {
					for _, b := range batches {
						addGroup(t, j, b)
					}
				}
				for _, b := range batches {
					if b.Err != nil || b.Duplicates != 0 {
						t.Errorf("%q: %v, %d duplicates", b.Producer, b.Err, b.Duplicates)
					}
				}
				if first.ID != id || first.ProducerID != "" {
					t.Errorf("the first is %s", first.JSON())
				}
				for _, e := range []*event.Event{second, third} { // the same content as another's doesn't matter
					if e.ID == id || !event.ValidID(e.ID) || e.ProducerID != id || e.SentID() != id ||
						!strings.Contains(string(e.JSON()), `"producer_id":"`+id+`"`) {
						t.Errorf("another producer's is %s", e.JSON())
					}
				}
				wantGapless(t, j, 1, 5)
				// Each one's own is recognised, also after a restart, and the
				// other's content is a conflict for nobody but its producer.
				for range 2 {
					for producer, data := range map[string]string{"a": `{"from":"a"}`, "b": `{"from":"b"}`, "": `{"from":"a"}`} {
						if b := send(t, j, producer, made(withID(id), withData(data))); b.Duplicates != 1 {
							t.Errorf("%q sends its own again: %d duplicates", producer, b.Duplicates)
						}
						bad := from(producer, made(), made(withID(id), withData(`{"from":"nobody"}`)))
						addGroup(t, j, bad)
						wantTaken(t, bad, 1, id)
					}
					j = reopen(t, j)
				}
				wantGapless(t, j, 1, 5)
				for _, e := range []*event.Event{first, second, third} {
					got, err := j.Get(t.Context(), e.ID)
					if err != nil {
						t.Fatal(err)
					}
					wantSame(t, got, e)
				}
			})
		}
	}
}

// Keys that follow one another have the same producer, in any case.
func TestProducers_areTheirNames(t *testing.T) {
	t.Parallel()
	j := open(t)
	send(t, j, "Lobby", made(withID("1")))
	if b := send(t, j, "lobby", made(withID("1"))); b.Duplicates != 1 {
		t.Errorf("%d duplicates", b.Duplicates)
	}
	if names := column(t, j.reader, "SELECT name FROM producers"); !slices.Equal(names, []string{"Lobby"}) {
		t.Errorf("the producers are %q", names)
	}
}

// The other producer's event goes first; the id is not its producer's again
// before its own is gone too.
func TestProducers_areToldApartAfterRetention(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	send(t, j, "a", made(withID("1")))
	clock.Advance(30 * time.Minute)
	mine := made(withID("1"), withData(`{"from":"b"}`))
	send(t, j, "b", mine)
	clock.Advance(45 * time.Minute)
	retain(t, j)
	for range 2 {
		if b := send(t, j, "b", made(withID("1"), withData(`{"from":"b"}`)), made()); b.Duplicates != 1 {
			t.Errorf("%d duplicates", b.Duplicates)
		}
		bad := from("b", made(withID("1")))
		addGroup(t, j, bad)
		wantTaken(t, bad, 0, "1")
		j = reopen(t, j)
	}
	if got, err := j.Find(t.Context(), "1", everyCamera); err != nil || got.ID != mine.ID {
		t.Errorf("the id means %v, %v", got, err)
	}
}

func TestFind_triesIDsThenProducersIDs(t *testing.T) {
	t.Parallel()
	j := open(t)
	camera := func(name string) func(*event.Event) { return func(e *event.Event) { e.Camera = name } }
	for i, c := range []string{"north", "south", "east", "south"} {
		send(t, j, fmt.Sprint("producer", i), made(withID("1.a:b"), camera(c)))
	}
	for name, tc := range map[string]struct {
		visible func(string) bool
		seq     int64
	}{
		"all":           {everyCamera, 1},                                     // the id itself
		"not the first": {func(c string) bool { return c != "north" }, 4},     // the newest
		"one":           {func(c string) bool { return c == "east" }, 3},      // the only one
		"none":          {func(c string) bool { return c == "elsewhere" }, 0}, //
		"the first":     {func(c string) bool { return c == "north" }, 1},     //
	} {
		got, err := j.Find(t.Context(), "1.a:b", tc.visible)
		if tc.seq == 0 {
			if !errors.Is(err, event.ErrNotFound) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		} else if err != nil || got.Seq != tc.seq {
			t.Errorf("%s: %v, %v; want number %d", name, got, err, tc.seq)
		}
	}
	if _, err := j.Find(t.Context(), "2", everyCamera); !errors.Is(err, event.ErrNotFound) {
		t.Error(err)
	}
	for _, query := range []string{"SELECT seq" + eventlog.ByProducerID + "ORDER BY seq DESC",
		"SELECT seq FROM events WHERE producer = 1 AND producer_id = ? AND renamed"} {
		if plan := explained(t, j, query, "1"); !strings.Contains(plan, "events_producer_id") {
			t.Errorf("%s doesn't use the index: %s", query, plan)
		}
	}
}

func explained(t *testing.T, j *Store, query string, args ...any) string {
	t.Helper()
	rows, err := j.reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := database.Collect(rows, func(row database.Row) (detail string, err error) {
		var a, b, c int
		return detail, row.Scan(&a, &b, &c, &detail)
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "; ")
}

func TestSearch_findsProducersIDs(t *testing.T) {
	t.Parallel()
	for _, id := range idForms {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			j := open(t)
			send(t, j, "a", several(20)...)
			send(t, j, "a", made(withID(id)))
			mine := made(withID(id))
			send(t, j, "b", mine)
			send(t, j, "b", several(20)...)
			for range 2 {
				for _, text := range []string{id, strings.ToUpper(id), id[1:]} {
					page, err := j.Search(t.Context(), event.Query{Filter: event.Filter{Text: text}, Limit: 100})
					found := slices.ContainsFunc(page.Events, func(e *event.Event) bool { return e.ID == mine.ID })
					if err != nil || !found {
						t.Errorf("a search for %q finds %d events, not this one, %v", text, len(page.Events), err)
					}
				}
				j = reopen(t, j)
			}
		})
	}
}

// A held event, an erased one and one that retention copies keep their
// producer's id and their site.
func TestOriginStaysWithAnEvent(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	send(t, j, "a", made(withID("1")))
	mine := made(withID("1"), withData(`{"identity_id":"p1"}`), func(e *event.Event) { e.Site = "hall-b"; e.Finalize() })
	send(t, j, "b", mine)
	hold := &legalhold.Hold{Reason: "case 7"}
	if err := j.Holds.Create(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	want := func(what string, e *event.Event, err error) {
		t.Helper()
		if err != nil || e.ID != mine.ID || e.ProducerID != "1" || e.Site != "hall-b" {
			t.Errorf("%s: %s, %v", what, e.JSON(), err)
		}
	}
	got, err := j.Get(t.Context(), mine.ID)
	want("as it was", got, err)
	want("erased", got.Erase(clock.Now()), nil)
	clock.Advance(2 * time.Hour)
	retain(t, j)
	if hold, err = j.Holds.Get(t.Context(), hold.ID); err != nil {
		t.Fatal(err)
	}
	held, _, err := j.Holds.Events(t.Context(), hold, 0, 10)
	if err != nil || len(held) != 2 {
		t.Fatalf("%d are held, %v", len(held), err)
	}
	want("held", held[1], nil)
}

func TestConflict_namesEveryEvent(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	for i := range 150 {
		send(t, j, "a", made(withID(fmt.Sprint("id", i))))
	}
	bad := from("a", made(), made(withID("id0"), withData(`{}`)), made(withID("id1")), made(withID("id2"), withData(`{}`)),
		made(withID("twice")), made(withID("twice"), withData(`{}`)))
	addGroup(t, j, bad)
	var taken *TakenError
	if !errors.As(bad.Err, &taken) || !slices.Equal(taken.Events, []TakenID{{1, "id0"}, {3, "id2"}, {5, "twice"}}) || taken.More != 0 {
		t.Fatalf("%+v", bad.Err)
	}
	many := from("a")
	for i := range 150 {
		many.Events = append(many.Events, made(withID(fmt.Sprint("id", i)), withData(`{}`)))
	}
	addGroup(t, j, many)
	if !errors.As(many.Err, &taken) || len(taken.Events) != maxTaken || taken.More != 150-maxTaken ||
		!strings.Contains(many.Err.Error(), "149 more") {
		t.Errorf("%v", many.Err)
	}
	wantGapless(t, j, 1, 150)
}

// A commit that fails leaves the events as they were sent, to be sent again.
func TestAppend_takesNewIDsBackWhenItFails(t *testing.T) {
	t.Parallel()
	j := open(t)
	send(t, j, "a", made(withID("1")))
	e := made(withID("1"))
	execute := func(sql string) {
		t.Helper()
		if _, err := j.DB.Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no room'); END")
	if err := j.Append(t.Context(), []*event.Batch{from("b", e)}); err == nil || e.ID != "1" || e.ProducerID != "" || e.Renamed {
		t.Errorf("%v leaves %s", err, e.JSON())
	}
	execute("DROP TRIGGER full")
	if send(t, j, "b", e); e.ProducerID != "1" {
		t.Errorf("kept as %s", e.JSON())
	}
}

// Two Posterns that forward to each other must not do so for ever, and what
// came by two ways is one event.
func TestEchoesAreKeptOnce(t *testing.T) {
	t.Parallel()
	forwarded := func(e *event.Event, site string) *event.Event {
		return made(func(c *event.Event) {
			c.ID, c.Type, c.Time, c.Source, c.Camera, c.ProducerID, c.Site, c.Data =
				e.ID, e.Type, e.Time, e.Source, e.Camera, e.ProducerID, site, e.Data
			c.Finalize()
		})
	}
	j := open(t)
	mine, theirs := made(withID("1")), made(withID("1"), withData(`{"from":"b"}`))
	send(t, j, "a", mine)
	send(t, j, "b", theirs) // has a new id and its own
	for _, e := range []*event.Event{mine, theirs} {
		for range 2 {
			if b := send(t, j, "hall-b", forwarded(e, "hall-b")); b.Duplicates != 0 || b.Echoes != 1 || b.Events[0].Seq != 0 {
				t.Errorf("%s comes back: %d duplicates, %d echoes", e.ID, b.Duplicates, b.Echoes)
			}
		}
	}
	// The other Postern had another event of that id, and gave mine a new one.
	again := forwarded(mine, "hall-b")
	again.ID, again.ProducerID = event.NewID(), "1"
	again.Finalize()
	if b := send(t, j, "hall-b", again); b.Echoes != 1 {
		t.Errorf("an echo with another id: %+v", b)
	}
	// By two ways, in one commit and later.
	new1, new2, new3 := made(withID("2"), func(e *event.Event) { e.Site = "hall-b" }), made(withID("2"), func(e *event.Event) {
		e.Site = "hall-c"
	}), made(withID("2"), func(e *event.Event) { e.Site = "hall-d" })
	two := []*event.Batch{from("hall-b", new1), from("hall-c", new2)}
	addGroup(t, j, two...)
	if b := send(t, j, "hall-d", new3); two[1].Echoes != 1 || b.Echoes != 1 {
		t.Errorf("by two ways: %+v, %+v", two[1], b)
	}
	// Other content is another event.
	if b := send(t, j, "hall-c", made(withID("2"), withData(`{}`), func(e *event.Event) { e.Site = "hall-c" })); b.Echoes != 0 ||
		b.Events[0].ProducerID != "2" {
		t.Errorf("%s", b.Events[0].JSON())
	}
	// A producer that isn't another Postern keeps its own.
	if b := send(t, j, "c", made(withID("2"))); b.Echoes != 0 || b.Events[0].ProducerID != "2" {
		t.Errorf("%s", b.Events[0].JSON())
	}
	wantGapless(t, j, 1, 5)
}

// An announcement closes alerts of its own site alone.
func TestResolve_isOfOneSite(t *testing.T) {
	t.Parallel()
	j := open(t)
	at := func(e *event.Event, site string) *event.Event { e.Site = site; e.Finalize(); return e }
	add(t, j, announced("failing"))
	send(t, j, "b", at(announced("failing-b"), "b"))
	send(t, j, "c", at(announced("failing"), "c")) // an id that was taken
	send(t, j, "c", at(announced("r1", "failing-b", "failing"), "c"))
	wantOpen(t, j, 2, 1)
	send(t, j, "b", at(announced("r2", "failing-b"), "b"))
	wantOpen(t, j, 1)
	add(t, j, announced("r3", "failing"))
	wantOpen(t, j)
}

// An append holds the write lock. It must not wait for long reads, such as exports,
// to return their connections.
func TestAnAppendWaitsForNoReader(t *testing.T) {
	t.Parallel()
	j := open(t)
	send(t, j, "known", made())
	j = reopen(t, j) // the append looks the producer up again
	for range j.reader.Stats().MaxOpenConnections {
		conn, err := j.reader.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	appended := make(chan error, 1)
	batches := []*event.Batch{from("known", made()), from("new", made())}
	go func() { appended <- j.Append(context.Background(), batches) }()
	select {
	case err := <-appended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the append waits for a reader's connection")
	}
}
