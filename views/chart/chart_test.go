package chart

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

func counted(known bool, byType map[event.Type]int64) Minute {
	m := Minute{Known: known, ByType: make([]int64, len(event.Catalogue())+1)}
	for t, n := range byType {
		m.ByType[t] = n
	}
	return m
}

func TestMinutesAddUpToBars(t *testing.T) {
	var minutes []Minute
	from := time.Date(2026, 3, 19, 11, 50, 0, 0, time.UTC)
	for i := range 30 {
		m := counted(i < 5 || i > 24, map[event.Type]int64{event.FaceMatched: int64(i)})
		m.Start = from.Add(time.Duration(i) * time.Minute)
		minutes = append(minutes, m)
	}
	var got []string
	for _, b := range Bars(minutes, 10*time.Minute) {
		got = append(got, fmt.Sprint(b.Start.Format("15:04"), " ", b.total(), " ", b.Known))
	}
	if want := "[11:50 45 true 12:00 145 false 12:10 245 true]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestAChartsScaleIsRoundAndNeverLies(t *testing.T) {
	for highest, want := range map[int64]int64{0: 2, 1: 2, 2: 2, 3: 4, 5: 6, 7: 10, 10: 10, 11: 20, 999: 1000, 1001: 2000, 45_000: 60_000} {
		c := Chart{Bars: []Minute{counted(true, map[event.Type]int64{event.FaceDetected: highest})}}
		if got := c.top(); got != want {
			t.Errorf("up to %d it goes to %d, want %d", highest, got, want)
		}
	}
	c := Chart{Title: "Events per minute", Length: time.Minute, Bars: []Minute{
		counted(true, map[event.Type]int64{event.FaceDetected: 60, event.WatchlistAlert: 20}),
		counted(false, nil),
		counted(true, nil),
	}}
	if got, want := c.path(event.Routine), "M1 100h8V40h-8z"; got != want {
		t.Errorf("the routine part is %s, want %s", got, want)
	}
	if got, want := c.path(event.Alert), "M1 40h8V20h-8z"; got != want {
		t.Errorf("the alerts stand at %s, want %s", got, want)
	}
	if got, want := c.gaps(), "M10 0H20V100H10z"; got != want {
		t.Errorf("the gap is %s, want %s", got, want)
	}
	if got, want := c.words(), "Events per minute: 60 routine and 20 alerts; peak 80 in 1 min; no data for 1 min."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// A single event among many can still be seen.
	c.Bars[2] = counted(true, map[event.Type]int64{event.FaceDetected: 100_000, event.SystemError: 1})
	if got, want := c.path(event.Fault), "M21 0h8V0h-8z"; got != want && !strings.HasPrefix(got, "M21 ") {
		t.Errorf("one fault is drawn as %q", got)
	}
}
