package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/counters"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
	"postern/internal/store/segment"
)

// lastDay returns the events of the last day by type and camera, and whether there
// may have been more.
func lastDay(j *Store, now time.Time) (counted string, atLeast bool) {
	for _, cameras := range [][]string{nil, {"lobby"}, {"gate"}} {
		var sum counters.Counts
		for _, m := range j.Counters.Minutes(now, 24*60, cameras...) {
			for t, n := range m.Counts {
				sum[t] += n
			}
			atLeast = atLeast || m.AtLeast
		}
		counted += fmt.Sprintln(cameras, sum)
	}
	return counted, atLeast
}

// typesAndCameras are n events of three types and two cameras, or of none.
func typesAndCameras(n int) []*event.Event {
	types := []event.Type{event.FaceDetected, event.FaceMatched, event.PersonEntered}
	cameras := []string{"lobby", "gate", ""}
	events := several(n)
	for i, e := range events {
		e.Type, e.Camera = types[i%3], cameras[i/3%3]
		e.Finalize()
	}
	return events
}

// killed opens a copy of the folder as a crash would leave it.
func killed(t *testing.T, j *Store) *Store {
	t.Helper()
	return openCopy(t, dirOf(j), j.opts)
}

// openCopy opens a copy of a folder. Tests that fill a whole segment and change it
// in several ways fill one store, close it, and open a copy for each way.
func openCopy(t *testing.T, from string, opts Options) *Store {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{database.FileName, database.FileName + "-wal", secretbox.KeyFile} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a store that is closed has no -wal file
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return openAt(t, dir, opts)
}

func TestCounters_are_the_same_after_a_restart(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	const hour = time.Hour
	for _, test := range []struct {
		name string
		// fill appends events and removes some.
		fill func(t *testing.T, c *clock, j *Store)
	}{
		{"nothing removed", func(t *testing.T, c *clock, j *Store) { add(t, j, typesAndCameras(2000)...) }},
		{"half of the head segment removed by age", func(t *testing.T, c *clock, j *Store) {
			add(t, j, typesAndCameras(1000)...)
			c.Advance(5 * hour)
			add(t, j, typesAndCameras(1000)...)
			c.Advance(2 * hour)
			retain(t, j)
			add(t, j, typesAndCameras(10)...)
		}},
		{"a type removed", func(t *testing.T, c *clock, j *Store) {
			add(t, j, typesAndCameras(900)...)
			c.Advance(2 * hour)
			retain(t, j)
			add(t, j, typesAndCameras(300)...)
			c.Advance(time.Minute)
			add(t, j, typesAndCameras(30)...)
		}},
		{"all removed", func(t *testing.T, c *clock, j *Store) {
			add(t, j, typesAndCameras(700)...)
			c.Advance(7 * hour)
			retain(t, j)
		}},
		{"all removed, and more since", func(t *testing.T, c *clock, j *Store) {
			add(t, j, typesAndCameras(700)...)
			c.Advance(7 * hour)
			retain(t, j)
			add(t, j, typesAndCameras(7)...)
		}},
		{"a full segment, and a type removed", func(t *testing.T, c *clock, j *Store) {
			add(t, j, typesAndCameras(segment.Events/2)...)
			c.Advance(2 * hour)
			add(t, j, typesAndCameras(segment.Events)...)
			retain(t, j)
			add(t, j, typesAndCameras(5)...)
		}},
		{"the head segment completed by the events before a removal", func(t *testing.T, c *clock, j *Store) {
			add(t, j, typesAndCameras(segment.Events-100)...)
			c.Advance(2 * hour)
			retain(t, j)
			add(t, j, typesAndCameras(100)...)
			c.Advance(5 * hour)
			retain(t, j)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			j := openAt(t, t.TempDir(), Options{Now: c.Now, Retain: 6 * hour, RetainTypes: map[event.Type]time.Duration{event.FaceDetected: hour}})
			test.fill(t, c, j)
			want, atLeast := lastDay(j, c.Now())
			if atLeast {
				t.Error("more may have arrived, although nothing was restarted")
			}
			ways := []struct {
				name    string
				restart func() *Store
			}{
				{"kill", func() *Store { return killed(t, j) }},
				{"orderly restart", func() *Store { j = reopen(t, j); return j }},
				{"another restart", func() *Store { j = reopen(t, j); return j }},
				{"a kill after a restart", func() *Store { return killed(t, j) }},
			}
			for _, way := range ways {
				again := way.restart()
				if got, atLeast := lastDay(again, c.Now()); got != want || atLeast {
					t.Errorf("%s: the counts of the last day are (at least: %v)\n%swant\n%s", way.name, atLeast, got, want)
				}
			}
			// New events are counted once.
			add(t, j, typesAndCameras(9)...)
			want, _ = lastDay(j, c.Now())
			if got, _ := lastDay(reopen(t, j), c.Now()); got != want {
				t.Errorf("after more events and a restart the counts are\n%swant\n%s", got, want)
			}
		})
	}
}

func TestCounters_of_removed_segments(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	c := newClock()
	j := openAt(t, t.TempDir(), Options{Now: c.Now, Retain: 2 * time.Hour})
	for range 3 {
		add(t, j, typesAndCameras(segment.Events)...)
		c.Advance(time.Hour)
	}
	add(t, j, typesAndCameras(10)...)
	want, _ := lastDay(j, c.Now())
	retain(t, j)
	if j.First() <= segment.Events {
		t.Fatalf("the first event is %d: no segment was removed", j.First())
	}
	if got, atLeast := lastDay(j, c.Now()); got != want || atLeast {
		t.Errorf("after the removal of a segment the counts are (at least: %v)\n%swant\n%s", atLeast, got, want)
	}
	crashed := killed(t, j)
	if got, atLeast := lastDay(crashed, c.Now()); got == want || !atLeast {
		t.Errorf("after a crash the counts of removed segments are unknown, got (at least: %v)\n%s", atLeast, got)
	}
	for _, m := range crashed.Counters.Minutes(c.Now(), 60) {
		if m.AtLeast {
			t.Errorf("the minute %s is unknown, and its events are there", m.Start)
		}
	}
	j = reopen(t, j)
	if got, atLeast := lastDay(j, c.Now()); got != want || atLeast {
		t.Errorf("after a restart the counts are (at least: %v)\n%swant\n%s", atLeast, got, want)
	}
	c.Advance(25 * time.Hour)
	retain(t, j)
	add(t, j, typesAndCameras(3)...)
	if got, atLeast := lastDay(j, c.Now()); atLeast {
		t.Errorf("a day later the counts are (at least: %v)\n%s", atLeast, got)
	}
}

func TestCounters_are_unknown_for_events_that_an_older_version_removed(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	c := newClock()
	j := openAt(t, t.TempDir(), Options{Now: c.Now, Retain: 6 * time.Hour,
		RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}})
	add(t, j, typesAndCameras(900)...)
	c.Advance(2 * time.Hour)
	retain(t, j)
	if _, err := j.DB.Exec(context.Background(), "DELETE FROM counts"); err != nil {
		t.Fatal(err)
	}
	if got, atLeast := lastDay(killed(t, j), c.Now()); !atLeast {
		t.Errorf("300 events are removed and not counted, and the counts are said to be right:\n%s", got)
	}
}
