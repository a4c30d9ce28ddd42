package webhook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/internal/webhook/worker"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/hubtest"
)

// mixed publishes n events of several types, cameras and sources, with some
// rare watchlist alerts.
func (s *site) mixed(n int) (events []*event.Event) {
	s.t.Helper()
	types := []string{"face_detected", "face_detected", "face_detected", "person_entered", "line_crossed", "face_matched"}
	for len(events) < n {
		var lines strings.Builder
		for i := len(events); i < min(len(events)+5000, n); i++ {
			kind := types[i%len(types)]
			if i%97 == 0 {
				kind = "watchlist_alert"
			}
			fmt.Fprintf(&lines, `{"type":%q,"source":"engine-%d","camera_id":"cam-%d","data":{"similarity":0.%02d}}`+"\n", kind, i%3, i%11, i%100)
		}
		batch, err := event.Decode([]byte(lines.String()), time.Now())
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.hub.Publish(s.t.Context(), batch); err != nil {
			s.t.Fatal(err)
		}
		events = append(events, batch...)
	}
	return events
}

// backlogKinds are webhooks of every kind of filter.
var backlogKinds = map[string]struct {
	types    []string
	settings delivery.Settings
}{
	"everything":              {[]string{"*"}, delivery.Settings{}},
	"a type":                  {[]string{"line_crossed"}, delivery.Settings{}},
	"a rare type":             {[]string{"watchlist_alert"}, delivery.Settings{}},
	"two types":               {[]string{"face_matched", "watchlist_alert"}, delivery.Settings{}},
	"a type that never comes": {[]string{"liveness_failed"}, delivery.Settings{}},
	"a camera":                {[]string{"*"}, delivery.Settings{Cameras: []string{"cam-4"}}},
	"a camera and a type":     {[]string{"face_detected"}, delivery.Settings{Cameras: []string{"cam-4", "cam-7"}}},
	"a camera that is silent": {[]string{"*"}, delivery.Settings{Cameras: []string{"cam-99"}}},
	"a source":                {[]string{"*"}, delivery.Settings{Sources: []string{"engine-2"}}},
	"a source and a type":     {[]string{"face_matched"}, delivery.Settings{Sources: []string{"engine-2"}}},
	"conditions":              {[]string{"*"}, delivery.Settings{Conditions: jsontext.Value(`{"similarity":{">=":0.9}}`)}},
	"all of it": {[]string{"face_detected"}, delivery.Settings{Cameras: []string{"cam-1", "cam-2"},
		Sources: []string{"engine-0"}, Conditions: jsontext.Value(`{"similarity":{"<":0.5}}`)}},
}

// pausedKinds registers a paused webhook of each kind.
func (s *site) pausedKinds() map[string]*delivery.Endpoint {
	s.t.Helper()
	endpoints := make(map[string]*delivery.Endpoint)
	for name, kind := range backlogKinds {
		e := s.registerWith("http://127.0.0.1:1/"+strings.ReplaceAll(name, " ", "-"), kind.settings, kind.types...)
		s.pause(e.ID)
		endpoints[name] = e
	}
	return endpoints
}

// matching counts the events that are for an endpoint.
func (s *site) matching(e *delivery.Endpoint, events []*event.Event) (n int64) {
	s.t.Helper()
	filter := s.kept(e.ID).Filter
	for _, one := range events {
		if filter.Match(one) {
			n++
		}
	}
	return n
}

// exactBacklog returns how many events an endpoint is behind, once it is counted:
// the log is checked within a time budget, and a busy machine uses up several.
func (s *site) exactBacklog(id string) (behind int64) {
	s.t.Helper()
	waitFor(s.t, func() bool {
		got := s.service.Status(id)
		behind = got.Behind
		return !got.Estimated
	})
	return behind
}

func TestBacklogIsExact(t *testing.T) {
	t.Parallel()
	s := startSite(t, t.TempDir(), newWorld())
	endpoints := s.pausedKinds()
	var events []*event.Event
	check := func(when string) {
		t.Helper()
		for name, e := range endpoints {
			if got, want := s.exactBacklog(e.ID), s.matching(e, events); got != want {
				t.Errorf("%s, %s: %d are behind, want %d", when, name, got, want)
			}
		}
	}
	check("at first")
	for _, n := range []int{1, 318, 3000} {
		events = append(events, s.mixed(n)...)
		check(fmt.Sprintf("after %d more", n))
	}
	s = s.restartWithoutHistory(newWorld())
	check("after a restart")
	events = append(events, s.mixed(100)...)
	check("after more since then")
}

// A backlog shrinks as it is delivered, and counts anew where the position or
// the filter changes.
func TestBacklog_FollowsTheWorker(t *testing.T) {
	t.Parallel()
	s := startSite(t, t.TempDir(), newWorld())
	e := s.registerWith(urlA, delivery.Settings{InFlight: 1}, "line_crossed")
	s.pause(e.ID)
	events := s.mixed(2000)
	want := s.matching(e, events)
	if got := s.exactBacklog(e.ID); got != want || want == 0 {
		t.Fatalf("%d are behind, want %d", got, want)
	}
	types := []string{"watchlist_alert"}
	if _, err := s.service.Change(t.Context(), e.ID, Change{EventTypes: &types}); err != nil {
		t.Fatal(err)
	}
	want = s.matching(e, events)
	waitFor(t, func() bool { return s.service.Status(e.ID).Behind == want })
	s.resume(e.ID, SendWaiting)
	for {
		got := s.service.Status(e.ID)
		if got.Behind < 0 || got.Behind > want || got.Estimated {
			t.Fatalf("%d of %d are behind (estimated: %v)", got.Behind, want, got.Estimated)
		}
		if got.Delivered == want && got.Behind == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
}

// Storm control may suppress a part of the backlog.
func TestBacklogOfStormControlIsAnEstimate(t *testing.T) {
	t.Parallel()
	s := startSite(t, t.TempDir(), newWorld())
	e := s.registerWith(urlA, delivery.Settings{StormSeconds: 60}, "*")
	s.pause(e.ID)
	if got := s.service.Status(e.ID); got.Behind != 0 || got.Estimated {
		t.Errorf("nothing waits: %+v", got)
	}
	s.mixed(10)
	if got := s.service.Status(e.ID); got.Behind != 10 || !got.Estimated {
		t.Errorf("%d are behind, estimated: %v", got.Behind, got.Estimated)
	}
}

func TestLongBacklogIsEstimated(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	s := startSite(t, t.TempDir(), newWorld())
	endpoints := s.pausedKinds()
	events := s.mixed(worker.MaxExactBacklog + 20_000)
	check := func(when string) {
		t.Helper()
		for name, e := range endpoints {
			got, want := s.service.Status(e.ID), s.matching(e, events)
			if off := float64(got.Behind-want) / float64(max(want, 10)); !got.Estimated || off < -0.3 || off > 0.3 {
				t.Errorf("%s, %s: about %d are behind (estimated: %v), want %d", when, name, got.Behind, got.Estimated, want)
			}
		}
	}
	check("at first")
	s = s.restartWithoutHistory(newWorld())
	check("after a restart")
}

// Events that aren't counted yet, because the time budget is used up, are
// estimated from the newest events.
func TestBacklogWithoutABudgetIsEstimated(t *testing.T) {
	t.Parallel()
	s := startSite(t, t.TempDir(), newWorld())
	endpoints := s.pausedKinds()
	events := s.mixed(4000)
	for name, e := range endpoints {
		want := s.matching(e, events)
		b, selection := &worker.Backlog{}, s.kept(e.ID).Selection()
		spent := &worker.Budget{}
		for !t.Failed() {
			spent.Left()
			spent.Spend(time.Hour)
			got, estimated := b.Count(s.store, s.hub, &selection, 0, spent)
			if !estimated {
				continue // a second has passed
			}
			if off := float64(got-want) / float64(max(want, 60)); off < -0.5 || off > 0.5 || got < 1 {
				t.Errorf("%s: about %d are behind, want %d", name, got, want)
			}
			break
		}
		waitFor(t, func() bool {
			n, estimated := b.Count(s.store, s.hub, &selection, 0, new(worker.Budget))
			return !estimated && n == want
		})
	}
}

// A thousand webhooks with long backlogs must not make a list slow.
func TestCountingManyBacklogsTakesBoundedTime(t *testing.T) {
	t.Parallel()
	log := hubtest.Open(t, hubtest.Options{})
	j, h := log.Store, log.Hub
	s := &site{t: t, store: j, hub: h}
	s.mixed(20_000)
	selection := delivery.Selection{Filter: event.Filter{Types: event.Types(event.LineCrossed), Cameras: []string{"cam-1"}}}
	spent := new(worker.Budget)
	began := time.Now()
	for range MaxEndpoints {
		(&worker.Backlog{}).Count(j, h, &selection, 0, spent)
	}
	// One budget for each second that it takes, and one sample per webhook.
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Events that are erased, or removed from the middle of the log, count by their
// new content.
func TestBacklogFollowsErasedAndRemovedEvents(t *testing.T) {
	t.Parallel()
	s := startSite(t, t.TempDir(), newWorld())
	endpoints := s.pausedKinds()
	events := s.mixed(500)
	for _, e := range endpoints {
		s.exactBacklog(e.ID)
	}
	now := make([]*event.Event, 0, 20)
	for i := range 20 {
		was := events[i*7]
		if i%2 == 0 {
			events[i*7] = was.Erase(time.Now())
			now = append(now, events[i*7])
		} else {
			now = append(now, &event.Event{Seq: was.Seq, Type: was.Type}) // gone
			events[i*7] = nil
		}
	}
	s.service.redacted(now)
	left := events[:0:0]
	for _, e := range events {
		if e != nil {
			left = append(left, e)
		}
	}
	for name, e := range endpoints {
		if got, want := s.exactBacklog(e.ID), s.matching(e, left); got != want {
			t.Errorf("%s: %d are behind, want %d", name, got, want)
		}
	}
}
