package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/problem"
	"postern/internal/store"
)

func TestSettingsThatMayBeRegistered(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	names := make([]string, delivery.MaxFilterNames)
	for i := range names {
		names[i] = fmt.Sprintf("camera %d", i)
	}
	for i, settings := range []delivery.Settings{
		{},
		{Cameras: names, Sources: []string{"face_pipeline"}},
		{Cameras: []string{strings.Repeat("世", event.MaxNameLength)}},
		{Conditions: jsontext.Value(`{"similarity":{">=":0.9},"watchlist":"vip"}`)},
		{Ordered: true}, {Ordered: true, InFlight: 1},
		{PerSecond: 1.0 / 86400}, {PerSecond: 0.5}, {PerSecond: 100_000},
		{InFlight: 1}, {InFlight: 256}, {TimeoutSeconds: 1}, {TimeoutSeconds: 60},
		{StormSeconds: 1}, {StormSeconds: 86400},
	} {
		e := s.registerWith(fmt.Sprintf("http://%d.example/", i), settings)
		if !reflect.DeepEqual(e.Settings, settings) {
			t.Errorf("%+v was taken as %+v", settings, e.Settings)
		}
	}
	before := s.service.Endpoints()
	if after := openSiteAgain(t, s).service.Endpoints(); !reflect.DeepEqual(after, before) {
		t.Errorf("after a restart %+v, want %+v", after, before)
	}
}

func TestSettingsThatMayNotBeRegistered(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	e := s.register(urlA, "", "*")
	for name, tc := range map[string]struct {
		settings delivery.Settings
		field    string
	}{
		"too many cameras":       {delivery.Settings{Cameras: slices.Repeat([]string{"a"}, delivery.MaxFilterNames+1)}, "camera_ids"},
		"empty camera":           {delivery.Settings{Cameras: []string{"a", ""}}, "camera_ids"},
		"camera with a newline":  {delivery.Settings{Cameras: []string{"a\nb"}}, "camera_ids"},
		"camera that isn't text": {delivery.Settings{Cameras: []string{"a\xffb"}}, "camera_ids"},
		"long source":            {delivery.Settings{Sources: []string{strings.Repeat("x", event.MaxNameLength+1)}}, "sources"},
		"no conditions":          {delivery.Settings{Conditions: jsontext.Value(`[1]`)}, "conditions"},
		"broken conditions":      {delivery.Settings{Conditions: jsontext.Value(`{"a":`)}, "conditions"},
		"unknown operator":       {delivery.Settings{Conditions: jsontext.Value(`{"a":{"~":1}}`)}, "conditions"},
		"negative rate":          {delivery.Settings{PerSecond: -1}, "max_per_second"},
		"rate below one a day":   {delivery.Settings{PerSecond: 1e-6}, "max_per_second"},
		"rate beyond bounds":     {delivery.Settings{PerSecond: 100_001}, "max_per_second"},
		"rate that is no number": {delivery.Settings{PerSecond: math.NaN()}, "max_per_second"},
		"rate without end":       {delivery.Settings{PerSecond: math.Inf(1)}, "max_per_second"},
		"negative in flight":     {delivery.Settings{InFlight: -1}, "max_in_flight"},
		"too many in flight":     {delivery.Settings{InFlight: 257}, "max_in_flight"},
		"ordered but several":    {delivery.Settings{Ordered: true, InFlight: 2}, "max_in_flight"},
		"negative timeout":       {delivery.Settings{TimeoutSeconds: -1}, "timeout_seconds"},
		"long timeout":           {delivery.Settings{TimeoutSeconds: 61}, "timeout_seconds"},
		"negative storm":         {delivery.Settings{StormSeconds: -1}, "storm_window_seconds"},
		"long storm":             {delivery.Settings{StormSeconds: 86401}, "storm_window_seconds"},
	} {
		_, _, registered := s.service.Register(t.Context(), Registration{URL: urlB, EventTypes: []string{"*"}, Settings: tc.settings})
		_, changed := s.service.Change(t.Context(), e.ID, Change{Settings: ReplaceSettings(tc.settings)})
		_, previewed := s.service.Preview(t.Context(), []string{"*"}, tc.settings)
		for _, err := range []error{registered, changed, previewed} {
			var invalid *problem.Error
			if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != tc.field ||
				!strings.Contains(invalid.Detail, invalid.Fields[0].Message) {
				t.Errorf("%s: refused with %v, want a word about %s", name, err, tc.field)
			}
		}
	}
	if all := s.service.Endpoints(); len(all) != 1 || !reflect.DeepEqual(all[0], e) {
		t.Errorf("after all refusals there are %+v", all)
	}

	_, _, err := s.service.Register(t.Context(),
		Registration{URL: urlB, EventTypes: []string{"*"}, Settings: delivery.Settings{Cameras: []string{""}, PerSecond: -1, TimeoutSeconds: -1}})
	var invalid *problem.Error
	if !errors.As(err, &invalid) || len(invalid.Fields) != 3 {
		t.Errorf("three wrong fields are refused with %v", err)
	}
}

// sample returns an event as a producer sends it.
func sample(kind, source, camera string, data map[string]any) string {
	body := map[string]any{"type": kind, "source": source, "data": data}
	if camera != "" {
		body["camera_id"] = camera
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestFilters_DecideWhichEventsAreSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		for url, settings := range map[string]delivery.Settings{
			"http://camera.example/":    {Cameras: []string{"lobby", "dock"}},
			"http://source.example/":    {Sources: []string{"face_pipeline"}},
			"http://condition.example/": {Conditions: jsontext.Value(`{"similarity":{">=":0.9}}`)},
			"http://all.example/": {Cameras: []string{"lobby"}, Sources: []string{"face_pipeline"},
				Conditions: jsontext.Value(`{"similarity":{">=":0.9}}`)},
		} {
			s.registerWith(url, settings)
		}
		want := make(map[string]map[int64]int)
		for _, url := range []string{"http://camera.example/", "http://source.example/", "http://condition.example/", "http://all.example/"} {
			want[url] = make(map[int64]int)
		}
		for _, camera := range []string{"lobby", "dock", "gate", ""} {
			for _, source := range []string{"face_pipeline", "door"} {
				for _, similarity := range []float64{0.5, 0.9, 0.95} {
					seq := s.publishJSON(sample("face_matched", source, camera, map[string]any{"similarity": similarity}))[0].Seq
					if camera == "lobby" || camera == "dock" {
						want["http://camera.example/"][seq] = 1
					}
					if source == "face_pipeline" {
						want["http://source.example/"][seq] = 1
					}
					if similarity >= 0.9 {
						want["http://condition.example/"][seq] = 1
					}
					if camera == "lobby" && source == "face_pipeline" && similarity >= 0.9 {
						want["http://all.example/"][seq] = 1
					}
				}
			}
		}
		rest(10 * time.Second)
		for url, seqs := range want {
			if got := w.delivered(url); !reflect.DeepEqual(got, seqs) {
				t.Errorf("%s got %v, want %v", url, got, seqs)
			}
		}
	})
}

// A change of filters must neither lose nor repeat what is between.
func TestFilters_ChangesTakeEffectAtTheWorkersPosition(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{Cameras: []string{"a"}, InFlight: 4})
		w.answers(urlA, always(answer{after: 10 * time.Second}))
		publish := func(n int) {
			for range n {
				s.publishJSON(sample("face_matched", "door", "a", map[string]any{}) + "\n" + sample("face_matched", "door", "b", map[string]any{}))
			}
		}
		publish(10) // 1..20: four of camera a are under way
		rest(time.Second)
		s.change(e.ID, Change{Settings: ReplaceSettings(delivery.Settings{Cameras: []string{"b"}, InFlight: 4})})
		publish(5)
		rest(time.Second)
		s.change(e.ID, Change{Settings: ReplaceSettings(delivery.Settings{InFlight: 4})})
		publish(5)
		rest(time.Hour)
		got := w.delivered(urlA)
		for seq, n := range got {
			if n != 1 {
				t.Errorf("event %d was delivered %d times", seq, n)
			}
		}
		// The open requests, and all events from the worker's cursor on.
		under := []int64{1, 3, 5, 7}
		for _, seq := range under {
			if got[seq] != 1 {
				t.Errorf("event %d was under way and was delivered %d times", seq, got[seq])
			}
		}
		for seq := int64(9); seq <= 40; seq++ {
			if got[seq] != 1 {
				t.Errorf("event %d came after where the worker stood and was delivered %d times", seq, got[seq])
			}
		}
		if status := s.service.Status(e.ID); status.Behind != 0 || s.kept(e.ID).Cursor != 40 {
			t.Errorf("the status is %+v", status)
		}
	})
}

func TestSettings_BoundTheRequestsInFlight(t *testing.T) {
	t.Parallel()
	for _, settings := range []delivery.Settings{{InFlight: 1}, {InFlight: 3}, {InFlight: 256}, {Ordered: true}, {}} {
		want := settings.Concurrency()
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := startSite(t, t.TempDir(), w)
			s.registerWith(urlA, settings)
			w.answers(urlA, always(answer{after: time.Second}))
			s.publishMany(300, "face_matched")
			rest(6 * time.Minute)
			if most := w.most(urlA); most != want {
				t.Errorf("%+v: %d in flight at once, want %d", settings, most, want)
			}
			w.deliveredOnce(t, urlA, 1, 300)
		})
	}
}

func TestLargeEventsInFlightAreBoundedInBytes(t *testing.T) {
	t.Parallel()
	for size, most := range map[int]int{100: delivery.DefaultInFlight, 30 << 10: 17, 250 << 10: 3} {
		events := most + 9
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := openSiteWith(t, t.TempDir(), w, store.Options{}, hub.Options{ReadBytes: 64 << 10})
			s.run()
			s.register(urlA, "", "*")
			w.answers(urlA, func(p post) answer {
				if p.nth == 1 && p.seq%7 == 0 {
					return answer{after: time.Second, status: 500} // so that retries join in
				}
				return answer{after: time.Second}
			})
			s.publishJSON(strings.Repeat(`{"type":"face_matched","source":"a","data":{"x":"`+strings.Repeat("x", size)+`"}}`+"\n", events))
			rest(6 * time.Minute)
			if got := w.most(urlA); got != most {
				t.Errorf("%d events of %d bytes were in flight at once, want %d", got, size, most)
			}
			if n := len(w.delivered(urlA)); n != events {
				t.Errorf("%d of %d events of %d bytes were delivered", n, events, size)
			}
		})
	}
}

// starts returns when each post to a receiver began, in order.
func (w *world) starts(url string) []time.Time {
	var at []time.Time
	for _, p := range w.posts(url) {
		at = append(at, p.at)
	}
	slices.SortFunc(at, time.Time.Compare)
	return at
}

func TestRateIsHeldEvenlySpaced(t *testing.T) {
	t.Parallel()
	for rate, n := range map[float64]int{0.5: 1000, 7: 1000, 100: 1000, 2000: 1000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				s.registerWith(urlA, delivery.Settings{PerSecond: rate})
				w.answers(urlA, func(p post) answer { // some take long, some fail
					return answer{after: time.Duration(p.seq%7) * 3 * time.Millisecond, status: map[bool]int{true: 500}[p.nth == 1 && p.seq%50 == 0]}
				})
				s.publishMany(n, "face_matched")
				rest(time.Duration(float64(n) / rate * 1.1 * float64(time.Second)))
				rest(time.Minute)
				at := w.starts(urlA)[:n]
				every := time.Duration(float64(time.Second) / rate)
				for i := 1; i < n; i++ {
					if gap := at[i].Sub(at[i-1]); gap < every {
						t.Fatalf("request %d came %v after the one before, want at least %v", i, gap, every)
					}
				}
				got := float64(n-1) / at[n-1].Sub(at[0]).Seconds()
				if math.Abs(got-rate) > rate/100 {
					t.Errorf("%d requests came at %.3f a second, want %v", n, got, rate)
				}
			})
		})
	}
}

func TestIdlenessEarnsNoBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{PerSecond: 10})
		for range 3 {
			rest(time.Hour)
			had := len(w.posts(urlA))
			s.publishMany(30, "face_matched")
			rest(10 * time.Second)
			at := w.starts(urlA)[had:]
			if len(at) != 30 {
				t.Fatalf("%d requests, want 30", len(at))
			}
			for i := 1; i < len(at); i++ {
				if gap := at[i].Sub(at[i-1]); gap < 100*time.Millisecond {
					t.Errorf("after an idle hour request %d came %v after the one before", i, gap)
				}
			}
			// Another change leaves the schedule as it is.
			s.publishMany(3, "face_matched")
			synctest.Wait()
			for range 5 {
				s.change(e.ID, Change{Secret: new("another secret")})
				synctest.Wait()
			}
			if n := len(w.posts(urlA)) - had - 30; n != 1 {
				t.Errorf("%d requests at once after changes of the secret, want 1", n)
			}
		}
	})
}
