package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/database"
	"postern/internal/store/segment"
)

// people are names that are written in many ways.
var people = []string{
	"Søren Sørensen", "Zoë Ångström", "Đorđević", "Łukasz Żółw", "Straße", "STRASSE", "İpek Işık", "ıssız", "Ærøskøbing",
	"Œuvre", "Ｆｕｌｌ ｗｉｄｔｈ",
	"Σίσυφος", "Йосип", "한글 이름", "がぎぐ", "क्षेत्र", "Nguyễn Văn Trỗi", "ﬁnal", "Alice", "Þór", "\u0301", "🏳️ flag", strings.Repeat("Löng ", 80),
}

// written returns a text in one of the ways in which producers write it.
func written(rng *rand.Rand, text string) string {
	switch rng.IntN(7) {
	case 0:
		return norm.NFD.String(text)
	case 1:
		return norm.NFKD.String(text)
	case 2:
		return strings.ToUpper(text)
	case 3:
		return strings.ToLower(text)
	case 4:
		return event.Fold(text)
	}
	return text
}

// namedEvents are events of which some have a name, in data, as a camera or
// as a source, with escapes and without.
func namedEvents(rng *rand.Rand, n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = made(func(e *event.Event) {
			e.Data = fmt.Appendf(nil, `{"label":"person-%d"}`, rng.IntN(5000))
			if rng.IntN(40) != 0 {
				return
			}
			name := written(rng, people[rng.IntN(len(people))])
			text, err := json.Marshal(name)
			if err != nil {
				panic(err)
			}
			if rng.IntN(3) == 0 {
				text = []byte(escaped(name))
			}
			e.Data = fmt.Appendf(nil, `{"label":%s,"identity_id":%s}`, text, text)
			if len(name) < 60 && event.ValidName(name) {
				e.Camera = []string{"", name}[rng.IntN(2)]
				if rng.IntN(4) == 0 {
					e.Source = name
				}
			}
		})
	}
	return events
}

// escaped writes a text in JSON with an escape for every letter.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r > 0xffff {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return `"` + b.String() + `"`
}

// queries are some texts to look for: names and parts of them, in any way.
func queries(rng *rand.Rand) (texts []string) {
	for _, name := range people {
		runes := []rune(name)
		from := rng.IntN(len(runes))
		part := string(runes[from : from+1+rng.IntN(min(8, len(runes)-from))])
		texts = append(texts, written(rng, name), written(rng, part))
	}
	texts = append(texts, "SORENSEN", "zoe", "dordevic", "lukasz", "straße", "isik", "aeroskobing", "full", "nguyen van",
		"person-77", "nobody")
	rng.Shuffle(len(texts), func(i, k int) { texts[i], texts[k] = texts[k], texts[i] })
	return append(texts[:14], "sorensen", "strasse")
}

// wantNamesFound checks that searches find every event that matches, and that some
// event does.
func wantNamesFound(t *testing.T, j *Store, rng *rand.Rand, when string) {
	t.Helper()
	events, found := all(t, j), 0
	for _, text := range queries(rng) {
		f := event.Filter{Text: text}
		want := naive(events, f)
		slices.Reverse(want)
		got, _ := searchAll(t, j, event.Query{Filter: f, Limit: 1000}, func() {})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %+q finds %d events, want %d", when, text, len(got), len(want))
		}
		found += len(got)
	}
	for _, name := range []string{"Søren Sørensen", norm.NFD.String("Søren Sørensen"), "soren sorensen"} { // exact
		f := event.Filter{Cameras: []string{name}}
		if got, _ := searchAll(t, j, event.Query{Filter: f, Limit: 1000}, func() {}); len(got) != len(naive(events, f)) {
			t.Errorf("%s: the camera %+q has %d events", when, name, len(got))
		}
	}
	if found == 0 {
		t.Errorf("%s: no search finds anything", when)
	}
}

func TestSearch_finds_every_spelling_of_a_name(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	j := open(t)
	addLong(t, j, namedEvents(rng, 1500))
	wantNamesFound(t, j, rng, "in the newest segment")
	addLong(t, j, namedEvents(rng, segment.Events))
	wantNamesFound(t, j, rng, "with a full segment")
	j = reopen(t, j)
	wantNamesFound(t, j, rng, "after a restart")

	// The blocks of an older version have too few terms, and are not used.
	for n := int64(0); n <= segment.Of(j.Head()); n++ {
		old := segment.NewRebuild(n)
		old.Finish()
		err := j.DB.Commit(t.Context(), func(tx *database.Tx) error {
			if _, err := j.Index.PutRebuilt(context.Background(), tx, old, []byte{}, []byte{}, 0); err != nil {
				return err
			}
			if n == segment.Of(j.Head()) { // the head segment has no row
				_, err := tx.ExecContext(context.Background(), "DELETE FROM stretches WHERE n = ?", n)
				return err
			}
			_, err := tx.ExecContext(context.Background(), "UPDATE stretches SET words = x'', sum = NULL WHERE n = ?", n)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	j = reopen(t, j)
	if found, err := j.Index.Candidates(t.Context(), 0, segment.Compile(event.Filter{Text: "sorensen"})); found.Indexed || err != nil {
		t.Errorf("an older version's index is asked: %t, %v", found.Indexed, err)
	}
	wantNamesFound(t, j, rng, "with an older version's index")
	if err := j.indexer.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := j.Index.Candidates(t.Context(), 0, segment.Compile(event.Filter{Text: "sorensen"})); !found.Indexed || err != nil {
		t.Errorf("the index was not made again: %t, %v", found.Indexed, err)
	}
	wantNamesFound(t, j, rng, "with the index made again")
}

// An erasure erases no person with a similar name, and all events of the identity,
// in the head segment and in a full one.
func TestErase_compares_identities_exactly(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	alike := []string{"Søren", "Sören", "soren", "SØREN", norm.NFD.String("Sören"), "ｓｏｒｅｎ", "Straße", "Strasse", "ı", "i", "\u0301",
		"\u0308", "\u0301\u0301"}
	j := open(t)
	addIdentities := func() {
		for _, identity := range alike {
			text, err := json.Marshal(identity)
			if err != nil {
				t.Fatal(err)
			}
			add(t, j, made(withData(fmt.Sprintf(`{"identity_id":%s}`, text))), made(withData(fmt.Sprintf(`{"identity_id":%s}`, escaped(identity)))))
		}
	}
	addIdentities()
	addLong(t, j, several(segment.Events))
	addIdentities()
	for i, identity := range alike {
		if known, err := j.Erasure.Identity(t.Context(), identity); err != nil || known.Events != 4 {
			t.Errorf("%+q has %d events, %v", identity, known.Events, err)
		}
		if n := erase(t, j, identity); n != 4 {
			t.Errorf("%d events of %+q were erased", n, identity)
		}
		for _, other := range alike[i+1:] {
			if known, err := j.Erasure.Identity(t.Context(), other); err != nil || known.Events != 4 {
				t.Errorf("after %+q, %+q has %d events, %v", identity, other, known.Events, err)
			}
		}
	}
}
