package views

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

func TestTheVerdictNamesWhatIsNotWell(t *testing.T) {
	said := func(p OverviewProps) string {
		var words []string
		for _, trouble := range p.troubles() {
			words = append(words, trouble.Words)
		}
		return strings.Join(words, ", ")
	}
	all := OverviewProps{
		Endpoints: []Endpoint{{State: StateActive, Exhausted: 3}, {State: StatePaused}, {State: StateFailing, Exhausted: 1}, {State: StateDisabled}, {State: StateDisabled}},
		Cameras:   []Camera{{Name: "a", State: CameraLive}, {Name: "b", State: CameraSilent}, {Name: "c", State: CameraOffline}, {Name: "d", State: CameraUnknown}},
	}
	if got, want := said(all), "2 webhooks disabled, 1 webhook failing, 4 deliveries exhausted, 1 camera offline, 1 camera silent"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := worst(all.troubles()); got != event.Fault {
		t.Errorf("the worst is %q", got)
	}
	all.Open = OpenAlerts{Count: 1}
	if got, want := said(all), "2 webhooks disabled, 1 open alert, 1 webhook failing, 4 deliveries exhausted, 1 camera offline, 1 camera silent"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// Where the count is cut short nobody is told that all is well.
	for open, want := range map[OpenAlerts]string{{Count: 1000, AtLeast: true}: "at least 1,000 open alerts", {AtLeast: true}: "perhaps open alerts"} {
		p := OverviewProps{Open: open}
		if got := said(p); got != want || worst(p.troubles()) != event.Alert || p.troubles()[0].Href != "/monitor" {
			t.Errorf("%q, want %q", got, want)
		}
	}
	all.Open = OpenAlerts{}
	all.Endpoints = all.Endpoints[1:2]
	if got := worst(all.troubles()); got != event.Fault || said(all) != "1 camera offline, 1 camera silent" {
		t.Errorf("%q, the worst is %q", said(all), got)
	}
	all.Cameras = nil
	if got := said(all); got != "" {
		t.Errorf("with all well it says %q", got)
	}
}

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
	if got, want := c.words(), "Events per minute: 60 routine and 20 alerts; at most 80 in 1 min; nothing is known of 1 min."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// One among many is still seen.
	c.Bars[2] = counted(true, map[event.Type]int64{event.FaceDetected: 100_000, event.SystemError: 1})
	if got, want := c.path(event.Fault), "M21 0h8V0h-8z"; got != want && !strings.HasPrefix(got, "M21 ") {
		t.Errorf("one fault is drawn as %q", got)
	}
}

func TestCamerasThatAreDownComeFirst(t *testing.T) {
	states := map[int]CameraState{3: CameraQuiet, 5: CameraUnknown, 7: CameraSilent, 11: CameraOffline, 29: CameraSilent}
	var cameras []Camera
	for i := range 30 {
		at := noon.Add(time.Duration(i) * time.Minute)
		cameras = append(cameras, Camera{Name: fmt.Sprintf("cam-%02d", i), State: cmp.Or(states[i], CameraLive), Last: at, Since: at})
	}
	shown := firstCameras(cameras)
	var names []string
	for _, c := range shown[:6] {
		names = append(names, c.Name)
	}
	if len(shown) != camerasShown || strings.Join(names, " ") != "cam-11 cam-29 cam-07 cam-05 cam-03 cam-00" {
		t.Errorf("%d are shown, first %v", len(shown), names)
	}
	if got, want := camerasInWords(cameras), "25 live, 1 quiet, 1 not known yet, 2 silent, 1 offline"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSizesInWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 1023: "1,023 bytes", 1024: "1.0 KiB", 256 << 10: "256 KiB", 10 << 30: "10 GiB", 5 << 40: "5.0 TiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
