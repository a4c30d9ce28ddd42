package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/retention"
	"postern/internal/store/segment"
)

// varied returns n events whose texts are of every kind: few and many, of one
// event alone, empty, long, escaped, and the same in several places.
func varied(rng *rand.Rand, n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = made(func(e *event.Event) {
			e.Type = event.Type(1 + rng.IntN(4))
			if rng.IntN(500) == 0 {
				e.Type = event.SystemError
			}
			e.Camera = []string{"", "gate", "Lobby", "Höhe 2"}[rng.IntN(4)]
			e.Source = []string{"face", "Person", "gate"}[rng.IntN(3)]
			e.Time = start.Add(time.Duration(i)*time.Second + time.Duration(rng.IntN(600))*time.Second)
			if rng.IntN(3) == 0 {
				e.ID = fmt.Sprintf("Own_%d-%d", i, rng.Uint32())
			}
			label := []string{"Alice", "BOB", "Zoë", "İpek", "", "gate", "Zoe\u0308", "Søren Sørensen", "Straße", "Ｌobby"}[rng.IntN(10)]
			e.Data = fmt.Appendf(nil, `{"label":%q,"identity_id":%s,"track":"trk-%07d"%s}`, label,
				[]string{`"id-%[1]d"`, `%[1]d`, `null`}[rng.IntN(3)], i,
				[]string{"", `,"box":{"w":"inside"}`, `,"a":["b","c"]`, `,"esc":"\u0041\"x"`,
					`, "pad" : "` + strings.Repeat("long ", 60) + `"`}[rng.IntN(5)])
			e.Data = []byte(strings.Replace(string(e.Data), "%[1]d", fmt.Sprint(rng.IntN(400)), 1))
		})
	}
	return events
}

// textFilters are filters by text and source, alone and with others, that
// events are found by and not.
func textFilters(events []*event.Event) []event.Filter {
	own, id := "", ""
	for _, e := range events[len(events)/3:] {
		if event.PackID(e.ID) != nil {
			id = e.ID
		} else {
			own = e.ID
		}
		if id != "" && own != "" {
			break
		}
	}
	filters := []event.Filter{
		{Sources: []string{"gate"}, Types: event.Types(event.SystemError)}, {Sources: []string{"person"}},
		{Sources: []string{"nowhere", "Person"}, Cameras: []string{"Lobby"}},
		{Text: "id-77", Since: start.Add(time.Hour), Until: start.Add(3 * time.Hour)},
		{Text: "a", Since: start.Add(time.Hour), Until: start.Add(61 * time.Minute)},
		{Text: "trk-0001", Cameras: []string{"gate", ""}, Types: event.Types(1, 2)},
		{Text: "alice", Types: event.Types(event.SystemError)}, {Text: "gate", Sources: []string{"face"}, Cameras: []string{"Höhe 2"}},
	}
	for _, text := range []string{
		"alice", "ALICE", "zoë", "i̇pek", "zoe", "ZOE\u0308", "sorensen", "SØR", "strasse", "ｌｏｂｂｙ", "hohe", "\u0308", "id-77", "id-7", "77",
		"trk-0001234", "0001234", "1234", "rk-00", "inside", `a"x`, "long long", "gate", "lobby", "öhe",
		"own_", "own_1", "nobody", "e", "evt", "_", "-", "evt_0", "0", "7f", "evt_ffff", "t_", "x_1", "null",
		own, own[4:], id, strings.ToUpper(id), id[:20], id[3:], id[4:], id[8:15], id[len(id)-12:], id[5:12], id[len(id)-3:], id + "0",
		strings.ReplaceAll(id, "-", ""), "evt_" + id,
	} {
		filters = append(filters, event.Filter{Text: text})
	}
	return filters
}

// wantSearched checks the matches of some filters with pages of several
// bounds.
func wantSearched(t *testing.T, j *Store, rng *rand.Rand, what string) {
	t.Helper()
	events := all(t, j)
	filters, span := textFilters(events), j.SearchSpan
	for i := range 5 {
		f := filters[rng.IntN(len(filters))]
		ascending := i%2 == 0
		want := naive(events, f)
		if !ascending {
			slices.Reverse(want)
		}
		j.SearchSpan = []int64{span, 4 * span, 3000}[i%3]
		got, _ := searchAll(t, j, event.Query{Filter: f, Ascending: ascending, Limit: []int{1000, 1000, 300}[i%3]}, func() {})
		j.SearchSpan = span
		if !slices.Equal(got, want) {
			t.Errorf("%s: %+v ascending %t finds %d events, want %d: %.20v, want %.20v", what, f, ascending, len(got), len(want), got, want)
		}
	}
}

func TestSearch_by_text_finds_every_match(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	clock := newClock()
	j := shortLived(t, clock)
	events := varied(rng, 2*segment.Events+400)
	addLong(t, j, events[:3*retention.StepRows])
	clock.Advance(time.Minute) // the first ones are older
	addLong(t, j, events[3*retention.StepRows:])
	wantSearched(t, j, rng, "as they came")
	for _, identity := range []string{"id-77", "77", "id-399"} {
		if n := erase(t, j, identity); n == 0 {
			t.Fatalf("no event has the identity %s", identity)
		}
	}
	wantSearched(t, j, rng, "after erasures")
	j = reopen(t, j)
	wantSearched(t, j, rng, "after a restart")
	clock.Advance(2 * time.Hour)
	retain(t, j)
	if j.SequenceGaps() == 0 {
		t.Fatal("no type is removed from the middle")
	}
	addLong(t, j, varied(rng, 300))
	wantSearched(t, j, rng, "with a type removed from the middle")
	// Retention stops within the first segment.
	began := j.First()
	if n := retain(t, j); n != 0 || j.First() != began {
		t.Fatalf("%d events went, the log begins at %d", n, j.First())
	}
	j.opts.Retain, j.Retention.Policy.Events = 2*time.Hour+30*time.Second, 2*time.Hour+30*time.Second
	if n := retain(t, j); n == 0 {
		t.Fatal("no event went")
	}
	if first := j.First(); first <= 2*retention.StepRows || first > segment.Events {
		t.Fatalf("the log begins at %d", first)
	}
	wantSearched(t, j, rng, "without the first events")
	execDirect(t, j, "DELETE FROM indexes")
	wantSearched(t, j, rng, "without indexes")
	if err := j.indexer.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantSearched(t, j, rng, "with indexes made again")
	if got := column(t, j.reader, "SELECT CAST(n AS TEXT) FROM indexes"); !slices.Equal(got, []string{"3", "4", "5"}) {
		t.Errorf("the parts %v were made, want those of the second segment", got)
	}
}

func TestCandidates_are_few_more_than_matches(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	events := varied(rand.New(rand.NewPCG(7, 8)), segment.Events+1)
	addLong(t, j, events)
	for _, f := range []event.Filter{
		{Text: "trk-0001234"}, {Text: events[100].ID}, {Sources: []string{"Person"}, Types: event.Types(event.SystemError)}, {Text: "nobody"},
		{Text: "id-39", Cameras: []string{"Lobby"}},
	} {
		compiled, err := j.Index.Compile(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		found, err := j.Index.Candidates(t.Context(), 0, compiled)
		if err != nil || !found.Indexed {
			t.Fatalf("Candidates: %t, %v", found.Indexed, err)
		}
		// A long text isn't in the index: its event is a candidate for every text.
		hasLongText := func(seq int64) bool {
			return f.Text != "" && strings.Contains(string(events[seq-1].Data), "long")
		}
		candidates := slices.DeleteFunc(found.Events.Between(1, segment.Events), hasLongText)
		want := slices.DeleteFunc(naive(events[:segment.Events], f), hasLongText)
		if !slices.Equal(candidates, want) {
			t.Errorf("%+v: the candidates are %v, want %v", f, candidates, want)
		}
	}
}

func TestErase_removes_texts_from_the_index(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	clock := newClock()
	j := shortLived(t, clock)
	var events []*event.Event
	for i := range 2*segment.Events + 300 {
		e := made(withData(fmt.Sprintf(`{"label":"somebody else","track":"trk-%d"}`, i)), func(e *event.Event) {
			e.Camera = "zora quillfeather's door"
		})
		switch i % 1000 {
		case 7:
			e = made(withData(aboutData("zq-person-77", i)))
		case 8:
			e = made(withType(event.FaceDetected), withData(`{"label":"short-lived-label"}`), withID(fmt.Sprint("short-lived-id-", i)),
				func(e *event.Event) { e.Camera = "short-lived-camera" })
		}
		events = append(events, e)
	}
	addLong(t, j, events[:retention.StepRows])
	clock.Advance(time.Minute) // the first ones are older
	addLong(t, j, events[retention.StepRows:])
	add(t, j, made()) // takes the second segment along
	if n := len(column(t, j.reader, "SELECT CAST(n AS TEXT) FROM indexes")); n != 2*segment.BlocksPerSegment {
		t.Fatalf("%d parts of indexes are kept", n)
	}
	if len(whereIs(t, dirOf(j), "zora quillfeather\xff")) == 0 || len(whereIs(t, dirOf(j), "short-lived-id-8008\xff")) == 0 {
		t.Fatal("the indexes don't have the texts")
	}
	if n := erase(t, j, "zq-person-77"); n != 17 {
		t.Errorf("%d events were erased", n)
	}
	clock.Advance(2 * time.Hour)
	retain(t, j)
	if _, err := j.DB.EmptyWAL(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNowhere(t, dirOf(j), "zora quillfeather\xff", "zq-person-77", "unique-7", "short-lived-label", "short-lived-camera\xff",
		"short-lived-id-8\xff", "short-lived-id-8008\xff")
	// The head segment's dictionaries in memory have a test in package segment.
	if check := pragma(t, j, "integrity_check"); check != "ok" {
		t.Errorf("integrity_check: %s", check)
	}
	// The other events are found as before, the camera's name among them.
	for text, want := range map[string]int{"zora quillfeather": 2*segment.Events + 300 - 34, "trk-77": 100 + 11 - 2} {
		if got, _ := searchAll(t, j, event.Query{Filter: event.Filter{Text: text}, Limit: 1000}, func() {}); len(got) < want-100 {
			t.Errorf("%q: %d events, want about %d", text, len(got), want)
		}
	}
	// Events that retention removes leave the index too.
	j.opts.Retain, j.Retention.Policy.Events = 2*time.Hour+30*time.Second, 2*time.Hour+30*time.Second
	if n := retain(t, j); n == 0 {
		t.Fatal("no event went")
	}
	if n := column(t, j.reader, "SELECT CAST(count(*) AS TEXT) FROM indexes WHERE n < 3 AND content <> zeroblob(length(content))"); n[0] !=
		"0" {
		t.Errorf("%s parts of the first segment's index are left", n[0])
	}
}

func TestSearch_without_a_damaged_index(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	events := long(segment.Events + 10)
	addLong(t, j, events)
	for _, harm := range []string{
		"UPDATE indexes SET content = x'ff' WHERE n = 0",
		"UPDATE indexes SET content = CAST(zeroblob(4096) || x'0105ff' AS BLOB) WHERE n = 1",
		"UPDATE indexes SET content = zeroblob(length(content))",
	} {
		if _, err := j.DB.Exec(t.Context(), harm); err != nil {
			t.Fatal(err)
		}
		wantFound(t, j, rareFilters[0], rareFilters[2])
	}
	if n := erase(t, j, "nobody"); n != 0 {
		t.Errorf("%d events were erased", n)
	}
}

func TestRebuild_has_no_text_that_is_erased_meanwhile(t *testing.T) {
	t.Parallel()
	j := open(t)
	events := several(segment.Events)
	events[5] = made(withData(aboutData("zq-person-77", 1)))
	addLong(t, j, append(events, made()))
	if _, err := j.DB.Exec(t.Context(), "DELETE FROM indexes"); err != nil {
		t.Fatal(err)
	}
	// As if the erasure came between reading and writing.
	before := j.Index.Redactions()
	erase(t, j, "zq-person-77")
	if j.Index.Redactions() == before {
		t.Error("an erasure doesn't show")
	}
	if err := j.indexer.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := j.DB.EmptyWAL(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNowhere(t, dirOf(j), "zq-person-77", "zora quillfeather")
}

// BenchmarkCandidates searches the blocks of a segment in the file.
func BenchmarkCandidates(b *testing.B) {
	j := open(b)
	fillLarge(b, j, 2*segment.Events)
	for _, text := range []string{"alice", "id-000777", "trk-4321", "5bee00bd"} {
		b.Run(text, func(b *testing.B) {
			f := segment.Compile(event.Filter{Text: text})
			b.ReportAllocs()
			for b.Loop() {
				if found, err := j.Index.Candidates(context.Background(), 0, f); err != nil || !found.Indexed {
					b.Fatal(found.Indexed, err)
				}
			}
		})
	}
}
