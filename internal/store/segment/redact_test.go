package segment

import (
	"fmt"
	"strings"
	"testing"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Redacted texts leave the head segment's dictionaries, which are in memory.
func TestIndex_Redact_headSegment(t *testing.T) {
	t.Parallel()
	db, err := database.Open(t.Context(), t.TempDir(), database.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	x := NewIndex(nil)
	x.Begin(0)
	var people, shortLived []*event.Event
	for i := range 300 {
		e := made(withData(fmt.Sprintf(`{"label":"somebody else","track":"trk-%d"}`, i)))
		switch i % 100 {
		case 7:
			e = made(withData(fmt.Sprintf(`{"identity_id":"zq-person-77","label":"zora quillfeather","unique":"unique-%d"}`, i)))
			people = append(people, e)
		case 8:
			e = made(withData(`{"label":"short-lived-label"}`), withID(fmt.Sprint("short-lived-id-", i)), withCamera("short-lived-camera"))
			shortLived = append(shortLived, e)
		}
		e.Seq = int64(i + 1)
		x.Add(e)
	}
	redact := func(events []*event.Event, names bool) {
		t.Helper()
		var committed func()
		err := db.Write(t.Context(), func(tx *database.Tx) (err error) {
			committed, err = x.Redact(t.Context(), tx, events, names, 1)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		committed()
	}
	redact(people, false)
	redact(shortLived, true)
	for _, d := range []*termDictionary{x.builder.names, x.builder.texts} {
		for _, text := range []string{"zora quillfeather", "zq-person", "short-lived"} {
			if strings.Contains(string(d.terms), text) {
				t.Errorf("%q is in memory", text)
			}
		}
	}
	if found, err := x.Candidates(t.Context(), 0, Compile(event.Filter{Text: "somebody else"})); err != nil || found.Events.len() != 294 {
		t.Errorf("the other events: %d candidates, %v; want 294", found.Events.len(), err)
	}
}
