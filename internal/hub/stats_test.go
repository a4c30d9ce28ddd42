package hub

import (
	"context"
	"fmt"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/journal"
)

// minutes writes what Stats knows as one word a minute: the total, or "?".
func minutes(s Stats) (words []string) {
	for _, m := range s.Minutes {
		word := "?"
		if m.Known {
			word = fmt.Sprint(m.Total())
		}
		words = append(words, word)
	}
	return words
}

func TestStatsCountArrivalsByMinuteAndType(t *testing.T) {
	t.Parallel()
	clock := newClock() // at second 15 of a minute
	h := newHub(t, openLog(t, journal.Options{Now: clock.now}), 10)
	publish(t, h, several(3)...)
	clock.advance(time.Minute)
	publish(t, h, several(2, withType(event.SystemError))...)
	publish(t, h, made(withID("a")), made(withID("a")), made(withType(event.LineCrossed))) // one is a duplicate
	clock.advance(2*time.Minute + 30*time.Second)
	publish(t, h, made())

	s := h.Stats(clock.now())
	if len(s.Minutes) != 60 || s.Head != 8 {
		t.Fatalf("%d minutes, head %d", len(s.Minutes), s.Head)
	}
	if last := s.Minutes[59].Start; !last.Equal(time.Date(2026, 3, 19, 10, 35, 0, 0, time.UTC)) {
		t.Errorf("the last minute began at %s", last)
	}
	for i := 1; i < 60; i++ {
		if d := s.Minutes[i].Start.Sub(s.Minutes[i-1].Start); d != time.Minute {
			t.Errorf("minute %d begins %s after the one before", i, d)
		}
	}
	if got, want := fmt.Sprint(minutes(s)[55:]), "[0 3 4 0 1]"; got != want {
		t.Errorf("the last minutes are %s, want %s", got, want)
	}
	m := s.Minutes[57]
	if m.ByType[event.SystemError] != 2 || m.ByType[event.FaceMatched] != 1 || m.ByType[event.LineCrossed] != 1 {
		t.Errorf("by type: %v", m.ByType)
	}
}

func TestStatsForgetWhatIsOlderThanAnHour(t *testing.T) {
	t.Parallel()
	clock := newClock()
	h := newHub(t, openLog(t, journal.Options{Now: clock.now}), 10)
	publish(t, h, several(3)...)
	clock.advance(59 * time.Minute)
	if got := minutes(h.Stats(clock.now()))[0]; got != "3" {
		t.Errorf("the first minute has %s, want 3", got)
	}
	clock.advance(time.Minute)
	publish(t, h, made()) // in the same place an hour later
	s := h.Stats(clock.now())
	if got := minutes(s); got[59] != "1" || got[0] != "0" || s.Minutes[59].ByType[event.FaceMatched] != 1 {
		t.Errorf("an hour later: %v", got)
	}
}

func TestStatsCountTheLastSixtySeconds(t *testing.T) {
	t.Parallel()
	clock := newClock()
	h := newHub(t, openLog(t, journal.Options{Now: clock.now}), 10)
	publish(t, h, several(3)...)
	clock.advance(30 * time.Second)
	publish(t, h, several(2)...)
	for _, tc := range []struct {
		after time.Duration
		want  int
	}{{0, 5}, {29 * time.Second, 5}, {30 * time.Second, 2}, {59 * time.Second, 2}, {60 * time.Second, 0}, {time.Hour, 0}, {-15 * time.Second, 3}} {
		if got := h.Stats(clock.now().Add(tc.after)).PerMinute; got != tc.want {
			t.Errorf("%s later: %d a minute, want %d", tc.after, got, tc.want)
		}
	}
}

func TestStatsSayWhatTheyDontKnow(t *testing.T) {
	t.Parallel()
	clock := newClock()
	log := openLog(t, journal.Options{Now: clock.now})
	before := newHub(t, log, 10)
	if got := fmt.Sprint(minutes(before.Stats(clock.now()))[57:]); got != "[0 0 0]" {
		t.Errorf("with nothing in the log: %s", got)
	}
	for range 5 {
		publish(t, before, several(4)...)
		clock.advance(time.Minute)
	}

	// A ring that holds the whole log knows everything.
	if got := fmt.Sprint(minutes(newHub(t, log, 100).Stats(clock.now()))[53:]); got != "[0 4 4 4 4 4 0]" {
		t.Errorf("after a restart with the whole log: %s", got)
	}
	// One that holds the newest 10 has counted the first of its minutes in
	// part: what it doesn't know is a gap, and no zero.
	h := newHub(t, log, 10)
	s := h.Stats(clock.now())
	if got := fmt.Sprint(minutes(s)[53:]); got != "[? ? ? ? 4 4 0]" {
		t.Errorf("after a restart with a part of the log: %s", got)
	}
	publish(t, h, made())
	clock.advance(time.Minute)
	if got := fmt.Sprint(minutes(h.Stats(clock.now()))[52:]); got != "[? ? ? ? 4 4 1 0]" {
		t.Errorf("and a minute later: %s", got)
	}
}

func TestStatsKnowNothingOfWhatRetentionRemoved(t *testing.T) {
	t.Parallel()
	clock := newClock()
	log := openLog(t, journal.Options{Now: clock.now, Retain: 150 * time.Second})
	before := newHub(t, log, 100)
	for range 5 {
		publish(t, before, several(4)...)
		clock.advance(time.Minute)
	}
	if n, err := log.Retain(context.Background()); err != nil || n != 12 {
		t.Fatalf("Retain = %d, %v", n, err)
	}
	// It was there when they came.
	if got := fmt.Sprint(minutes(before.Stats(clock.now()))[53:]); got != "[0 4 4 4 4 4 0]" {
		t.Errorf("the hub that counted them: %s", got)
	}
	// It was not.
	if got := fmt.Sprint(minutes(newHub(t, log, 100).Stats(clock.now()))[53:]); got != "[? ? ? ? ? 4 0]" {
		t.Errorf("after a restart: %s", got)
	}
}

func TestAQuietHubKnowsThatNothingCame(t *testing.T) {
	t.Parallel()
	clock := newClock()
	log := openLog(t, journal.Options{Now: clock.now, Retain: time.Hour})
	publish(t, newHub(t, log, 10), several(3)...)
	clock.advance(2 * time.Hour)
	if _, err := log.Retain(context.Background()); err != nil {
		t.Fatal(err)
	}
	h := newHub(t, log, 10)
	if got := fmt.Sprint(minutes(h.Stats(clock.now()))[57:]); got != "[? ? ?]" {
		t.Errorf("at the start: %s", got)
	}
	clock.advance(2 * time.Minute)
	if got := fmt.Sprint(minutes(h.Stats(clock.now()))[56:]); got != "[? ? 0 0]" {
		t.Errorf("two minutes later: %s", got)
	}
}

func TestStatsDontCountRefusedEvents(t *testing.T) {
	t.Parallel()
	clock := newClock()
	log := openLog(t, journal.Options{Now: clock.now})
	h := newHub(t, log, 10)
	log.beforeAppend = func([]*event.Batch) error { return errDisk }
	_, _ = h.Publish(context.Background(), several(3))
	if s := h.Stats(clock.now()); s.PerMinute != 0 || s.Minutes[59].Total() != 0 {
		t.Errorf("%d a minute, %d in this one", s.PerMinute, s.Minutes[59].Total())
	}
}
