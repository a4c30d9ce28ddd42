package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/store/counters"
)

func withCamera(name string) func(*event.Event) { return func(e *event.Event) { e.Camera = name } }

// course writes minutes as one word each: the total, or "?".
func course(minutes []counters.Minute) string {
	words := make([]string, len(minutes))
	for i, m := range minutes {
		words[i] = "?"
		if m.Known {
			words[i] = fmt.Sprint(m.Counts.Total())
		}
	}
	return strings.Join(words, " ")
}

func TestCounters_by_minute_type_and_camera(t *testing.T) {
	t.Parallel()
	clock := newClock() // at second 15 of a minute
	clock.Advance(-2 * time.Hour)
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	clock.Advance(2 * time.Hour)
	add(t, j, made(), made(), made())
	clock.Advance(time.Minute)
	add(t, j, made(withType(event.SystemError)), made(withType(event.SystemError), withCamera("gate")))
	add(t, j, made(withID("a"), withCamera("gate")))
	add(t, j, made(withID("a"), withCamera("gate"))) // a duplicate
	clock.Advance(2*time.Minute + 30*time.Second)
	add(t, j, made(withCamera("lobby")))
	for range 2 {
		minutes := j.Counters.Minutes(clock.Now(), 60)
		if last := minutes[59].Start; len(minutes) != 60 || !last.Equal(time.Date(2026, 3, 19, 10, 35, 0, 0, time.UTC)) {
			t.Errorf("%d minutes, the last began at %s", len(minutes), last)
		}
		if got := course(minutes[55:]); got != "0 3 3 0 1" {
			t.Errorf("the last minutes are %s", got)
		}
		if m := minutes[57].Counts; m[event.SystemError] != 2 || m[event.FaceMatched] != 1 {
			t.Errorf("by type: %v", m)
		}
		if got := course(j.Counters.Minutes(clock.Now(), 5, "gate")); got != "0 0 2 0 0" {
			t.Errorf("the gate's minutes are %s", got)
		}
		if got := course(j.Counters.Minutes(clock.Now(), 5, "gate", "lobby", "nowhere")); got != "0 0 2 0 1" {
			t.Errorf("three cameras' minutes are %s", got)
		}
		now := clock.Now()
		for _, tc := range []struct {
			since, until time.Time
			cameras      []string
			want         int64
		}{
			{want: 7},
			{since: now.Add(-150 * time.Second), want: 4},
			{until: now.Add(-3 * time.Minute), want: 3},
			{since: now.Add(time.Hour), want: 0},
			{cameras: []string{"gate"}, want: 2},
			{cameras: []string{"gate", ""}, want: 6},
			{cameras: []string{"nowhere"}, want: 0},
		} {
			if c := j.Counters.Arrived(now, tc.since, tc.until, tc.cameras...); c.Total() != tc.want {
				t.Errorf("%+v: %v", tc, c)
			}
		}
		j = reopen(t, j) // and the same after a restart
	}
	// A day and more later they are counted by the hour, and not by the minute.
	clock.Advance(49 * time.Hour)
	if c := j.Counters.Arrived(clock.Now(), time.Time{}, time.Time{}); c.Total() != 7 {
		t.Errorf("two days later: %v", c)
	}
	if c := j.Counters.Arrived(clock.Now(), clock.Now().Add(-48*time.Hour), time.Time{}); c.Total() != 0 {
		t.Errorf("of the last two days: %v", c)
	}
}

func TestCounters_PerMinute(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	add(t, j, several(3)...)
	clock.Advance(30 * time.Second)
	add(t, j, made(withCamera("gate")), made())
	for _, tc := range []struct {
		after time.Duration
		want  int
	}{{0, 5}, {29 * time.Second, 5}, {30 * time.Second, 2}, {59 * time.Second, 2}, {60 * time.Second, 0}, {time.Hour, 0},
		{-15 * time.Second, 3}} {
		if got := j.Counters.PerMinute(clock.Now().Add(tc.after)); got != tc.want {
			t.Errorf("%s later: %d a minute, want %d", tc.after, got, tc.want)
		}
	}
	if got := j.Counters.PerMinute(clock.Now(), "gate"); got != 1 {
		t.Errorf("the gate has %d a minute, want 1", got)
	}
}

func TestCounters_downtime_is_unknown(t *testing.T) {
	t.Parallel()
	clock := newClock() // at second 15 of a minute
	dir := t.TempDir()
	j := openAt(t, dir, Options{Now: clock.Now, Key: fixtureKey})
	add(t, j, made())
	clock.Advance(2 * time.Minute)
	if got := course(j.Counters.Minutes(clock.Now(), 5)); got != "? ? 1 0 0" {
		t.Errorf("since the beginning: %s", got)
	}
	closeStore(t, j)
	clock.Advance(3 * time.Minute) // closed
	j = openAt(t, dir, Options{Now: clock.Now, Key: fixtureKey})
	clock.Advance(time.Minute)
	if got := course(j.Counters.Minutes(clock.Now(), 8)); got != "? 1 0 0 ? ? 0 0" {
		t.Errorf("after three minutes' pause: %s", got)
	}
	// After a crash all is unknown from the newest event on.
	add(t, j, made())
	clock.Advance(4 * time.Minute)
	crashed := t.TempDir()
	copyStore(t, j, crashed)
	again := openAt(t, crashed, Options{Now: clock.Now, Key: fixtureKey})
	if got := course(again.Counters.Minutes(clock.Now(), 6)); got != "0 1 ? ? ? 0" {
		t.Errorf("after a crash: %s", got)
	}
	// A short pause hides no minute.
	closeStore(t, again)
	clock.Advance(50 * time.Second)
	again = openAt(t, crashed, Options{Now: clock.Now, Key: fixtureKey})
	if got := course(again.Counters.Minutes(clock.Now(), 3)); got != "? 0 0" {
		t.Errorf("after a short pause: %s", got)
	}
}

func TestCounters_LastSeen(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	add(t, j, made(withCamera("gate")), made())
	clock.Advance(time.Minute)
	add(t, j, made(withCamera("Annex"), withType(event.LineCrossed)), made(withCamera("gate"), withType(event.SystemError)))
	for range 2 {
		cameras := j.Counters.LastSeen()
		if len(cameras) != 2 || cameras[0].ID != "Annex" || cameras[1].ID != "gate" {
			t.Fatalf("the cameras are %+v", cameras)
		}
		if c := cameras[1]; c.LastSeq != 4 || c.LastType != event.SystemError || !c.Last.Equal(clock.Now()) || c.NormalSeq != 1 ||
			!c.Normal.Equal(start) || !c.Offline.IsZero() {
			t.Errorf("the gate is %+v", c)
		}
		j = reopen(t, j)
		if err := j.Counters.LearnUsualPauses(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCounters_without_refused_events(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	add(t, j, made(withID("a")))
	b := &event.Batch{Events: []*event.Event{made(), made(withID("a"), withData(`{"other":1}`))}}
	addGroup(t, j, b)
	if b.Err == nil || j.Counters.PerMinute(clock.Now()) != 1 {
		t.Errorf("%v; %d are counted, want 1", b.Err, j.Counters.PerMinute(clock.Now()))
	}
}
