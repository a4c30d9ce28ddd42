package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
	"postern/internal/store/segment"
)

// exported reads the whole log, in the order given, as an export does.
func exported(j *Store, ascending bool) (events map[int64]string, damaged []int64, err error) {
	events = make(map[int64]string)
	q := event.Query{Limit: 100, Ascending: ascending}
	for {
		page, err := j.Search(context.Background(), q)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range page.Events {
			events[e.Seq] = string(e.JSON())
		}
		damaged = append(damaged, page.Damaged...)
		if page.Next == 0 {
			return events, damaged, nil
		}
		q.Cursor = page.Next
	}
}

// followed reads the whole log as a delivery worker or a stream does.
func followed(j *Store) (events map[int64]string, missing int64, err error) {
	events = make(map[int64]string)
	for after := j.First() - 1; after < j.Head(); {
		some, through, err := j.Read(context.Background(), after, 0, 100)
		if err != nil {
			return nil, 0, err
		}
		for _, e := range some {
			events[e.Seq] = string(e.JSON())
		}
		n, err := j.SequenceGap(context.Background(), after, through, 0)
		if err != nil || through <= after {
			return nil, 0, errors.Join(err, fmt.Errorf("the log ends after %d", after))
		}
		missing, after = missing+n, through
	}
	return events, missing, nil
}

// allKinds are events with all that one may have.
func allKinds(n int) []*event.Event {
	events := typesAndCameras(n)
	for i, e := range events {
		e.Data = fmt.Appendf(nil, `{"identity_id":"person-%d","label":"Person %d","confidence":0.%d,"note":%q}`, i%40, i, i,
			strings.Repeat("é", i%200))
		if i%9 == 0 {
			e.ID = fmt.Sprintf("camera:%d", i)
		}
		if i%11 == 0 {
			e.ProducerID = fmt.Sprintf("theirs-%d", i)
		}
		if i%13 == 0 {
			e.Site = "hall-b"
		}
		e.Finalize()
	}
	return events
}

func TestNoFlippedBitChangesWhatIsRead(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	source := openAt(t, t.TempDir(), Options{})
	for _, some := range slices.Collect(slices.Chunk(allKinds(1500), 300)) {
		add(t, source, some...)
	}
	want, _, err := exported(source, true)
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, source)
	whole, err := os.ReadFile(source.DB.Path())
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(dirOf(source), secretbox.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(12, 9))
	noticed := 0
	const flips = 160
	for n := range flips {
		bit := random.IntN(len(whole) * 8)
		name := fmt.Sprintf("flip %d, bit %d", n, bit)
		dir := t.TempDir()
		flipped := slices.Clone(whole)
		flipped[bit/8] ^= 1 << (bit % 8)
		for file, content := range map[string][]byte{database.FileName: flipped, secretbox.KeyFile: key} {
			if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		j, err := Open(context.Background(), dir, Options{})
		if err != nil {
			noticed++
			continue
		}
		said := false
		check := func(way string, events map[int64]string, tells bool, err error) {
			said = said || tells || err != nil
			if err != nil {
				return
			}
			for seq, text := range events {
				if want[seq] != text {
					t.Errorf("%s: %s has event %d as\n%s\nwant\n%s", name, way, seq, text, want[seq])
				}
			}
			if len(events) != len(want) && !tells {
				t.Errorf("%s: %s has %d of %d events and no error", name, way, len(events), len(want))
			}
		}
		for _, ascending := range []bool{true, false} {
			events, damaged, err := exported(j, ascending)
			check("an export", events, len(damaged) > 0, err)
		}
		events, missing, err := followed(j)
		check("a stream", events, missing > 0, err)
		if said {
			noticed++
		}
		_ = j.Close() // a damaged file may not let it write that it was closed
	}
	t.Logf("%d of %d flipped bits were noticed by a read of the events", noticed, flips)
	if noticed < flips/5 {
		t.Errorf("%d of %d flipped bits were noticed: the flips miss the events", noticed, flips)
	}
}

func TestADamagedEventIsLeftOutAndNamed(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	for name, change := range map[string]string{
		"data":           "UPDATE events SET data = replace(data, 'Person 7', 'Person 8') WHERE seq = 8",
		"type":           "UPDATE events SET type = type + 1 WHERE seq = 8",
		"no such type":   "UPDATE events SET type = 99 WHERE seq = 8",
		"time":           "UPDATE events SET at = at + 1 WHERE seq = 8",
		"arrival":        "UPDATE events SET received = received + 1 WHERE seq = 8",
		"source":         "UPDATE events SET source = 'other' WHERE seq = 8",
		"camera":         "UPDATE events SET camera = 'other' WHERE seq = 8",
		"site":           "UPDATE events SET site = 'hall-c' WHERE seq = 8",
		"producer's id":  "UPDATE events SET producer_id = 'other' WHERE seq = 8",
		"id":             "UPDATE events SET id = x'00' WHERE seq = 8",
		"the number":     "UPDATE events SET seq = 100 WHERE seq = 8",
		"the checksum":   "UPDATE events SET sum = sum + 1 WHERE seq = 8",
		"no checksum":    "UPDATE events SET sum = NULL WHERE seq = 8",
		"the row's gone": "DELETE FROM events WHERE seq = 8",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			j := open(t)
			events := allKinds(20)
			add(t, j, events...)
			if _, err := j.DB.Exec(ctx, change); err != nil {
				t.Fatal(err)
			}
			for range 2 { // as it is, and after a restart
				for _, ascending := range []bool{true, false} {
					got, damaged, err := exported(j, ascending)
					if err != nil || len(got) != 19 || !slices.Contains(damaged, 8) && !slices.Contains(damaged, 100) {
						t.Errorf("an export has %d events, says that %v are damaged, and has the error %v", len(got), damaged, err)
					}
				}
				if got, missing, err := followed(j); err != nil || len(got) != 19 || missing < 1 {
					t.Errorf("a stream has %d events, says that %d are missing, and has the error %v", len(got), missing, err)
				}
				if e, err := j.Get(ctx, events[7].ID); err == nil {
					t.Errorf("an event is answered that was changed: %s", e.JSON())
				}
				if n := j.Metrics().Damaged; n < 1 || n > 2 {
					t.Errorf("%d damaged events are counted", n)
				}
				if name == "the number" { // the start finds a hole before it
					return
				}
				j = reopen(t, j)
			}
		})
	}
}

func TestADamagedEventCanBeErasedAndRemoved(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}})
	add(t, j, allKinds(120)...)
	if _, err := j.DB.Exec(ctx, "UPDATE events SET source = 'changed' WHERE seq IN (3, 4, 43)"); err != nil {
		t.Fatal(err)
	}
	running := make(chan error, 1)
	go func() { running <- j.Erasure.Run(ctx) }()
	n, done, err := j.Erasure.Erase(ctx, "person-2")
	if err != nil || n != 3 {
		t.Fatalf("Erase: %d events, %v; want 3", n, err)
	}
	<-done
	left, damaged, err := exported(j, true)
	if err != nil || len(damaged) != 1 || damaged[0] != 4 {
		t.Errorf("%v are damaged, %v; what was erased is whole again", damaged, err)
	}
	for seq, text := range left {
		if strings.Contains(text, `"person-2"`) {
			t.Errorf("event %d still says who it is about: %s", seq, text)
		}
	}
	clock.Advance(2 * time.Hour)
	if removed := retain(t, j); removed == 0 {
		t.Error("nothing of the type was removed")
	}
	cancel()
	if err := <-running; err != nil {
		t.Error(err)
	}
}

func TestEventsFromBeforeChecksumsAreRead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	j := open(t)
	add(t, j, allKinds(10)...)
	if _, err := j.DB.Exec(ctx, "UPDATE events SET sum = NULL"); err != nil {
		t.Fatal(err)
	}
	if _, err := j.DB.Exec(ctx, "UPDATE meta SET value = 11 WHERE name = 'sums_from'"); err != nil {
		t.Fatal(err)
	}
	j = reopen(t, j)
	add(t, j, several(10)...)
	got, damaged, err := exported(j, true)
	if err != nil || len(got) != 20 || len(damaged) != 0 {
		t.Errorf("%d events, %v damaged, %v; want 20 and none", len(got), damaged, err)
	}
}

func TestSearch_without_a_block_that_fails_its_checksum(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	full := open(t)
	for range 5 {
		add(t, full, allKinds(segment.Events/4)...)
	}
	closeStore(t, full)
	for name, change := range map[string]string{
		"a term":     "UPDATE indexes SET content = CAST(replace(content, 'person-7', 'person-8') AS BLOB) WHERE n = 1",
		"a block":    "UPDATE indexes SET content = randomblob(length(content))",
		"a filter":   "UPDATE stretches SET words = zeroblob(length(words))",
		"the types":  "UPDATE stretches SET types = 1",
		"the times":  "UPDATE stretches SET at_min = at_max",
		"the counts": "UPDATE stretches SET minutes = zeroblob(length(minutes))",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			j := openCopy(t, dirOf(full), Options{})
			day, _ := lastDay(j, j.opts.Now())
			search := func(j *Store) (n int) {
				q := event.Query{Filter: event.Filter{Text: "person-7"}, Limit: 1000}
				for {
					page, err := j.Search(ctx, q)
					if err != nil {
						t.Fatal(err)
					}
					n += len(page.Events)
					if page.Next == 0 {
						return n
					}
					q.Cursor = page.Next
				}
			}
			want := search(j)
			if _, err := j.DB.Exec(ctx, change); err != nil {
				t.Fatal(err)
			}
			j = reopen(t, j)
			if got := search(j); got != want {
				t.Errorf("a search finds %d events, want %d", got, want)
			}
			if err := j.indexer.Rebuild(ctx); err != nil {
				t.Fatal(err)
			}
			if got := search(j); got != want {
				t.Errorf("once it was made again, a search finds %d events, want %d", got, want)
			}
			if got, _ := lastDay(j, j.opts.Now()); got != day {
				t.Errorf("the counts are\n%swant\n%s", got, day)
			}
		})
	}
}
