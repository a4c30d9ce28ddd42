package demo

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/fullrun"
)

func story(seed uint64, rate float64, events int) []Step {
	site := NewSite(seed, SiteOptions{Rate: rate})
	steps := make([]Step, events)
	for i := range steps {
		steps[i] = site.Next()
	}
	return steps
}

func TestSameSeedTellsTheSameStory(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(story(7, 3, 2000), story(7, 3, 2000)) {
		t.Error("two sites with seed 7 differ")
	}
	if reflect.DeepEqual(story(7, 3, 50), story(8, 3, 50)) {
		t.Error("sites with seeds 7 and 8 are the same")
	}
}

func TestAllTypesAppearWithinFifteenHundredEvents(t *testing.T) {
	t.Parallel()
	fullrun.Only(t)
	want := []string{
		typeFaceDetected, typeFaceMatched, typeWatchlistAlert, typeLivenessPassed, typeLivenessFailed,
		typeDocumentScanned, typePersonEntered, typePersonExited, typeLineCrossed, typeSystemError,
	}
	for seed := range uint64(50) {
		got := map[string]int{}
		for _, step := range story(seed, 0, 1500) {
			got[step.Event.Type]++
		}
		for _, typ := range want {
			if got[typ] == 0 {
				t.Errorf("seed %d has no %s among %v", seed, typ, got)
			}
		}
		if len(got) != len(want) {
			t.Errorf("seed %d has types beyond the ten: %v", seed, got)
		}
	}
}

func TestRateHoldsOnAverage(t *testing.T) {
	t.Parallel()
	fullrun.Only(t)
	for _, rate := range []float64{0.1, DefaultRate, 80} {
		const events = 20_000
		steps := story(3, rate, events)
		got := events / steps[events-1].At.Seconds()
		if math.Abs(got-rate) > 0.1*rate {
			t.Errorf("asked for %v events a second, got %.3f", rate, got)
		}
	}
}

func TestRateIsBounded(t *testing.T) {
	t.Parallel()
	for asked, want := range map[float64]float64{
		0: DefaultRate, -1: DefaultRate, math.NaN(): DefaultRate, 1e-9: MinRate, math.Inf(1): MaxRate, 5: 5,
	} {
		if got := NewSite(1, SiteOptions{Rate: asked}).Rate(); got != want {
			t.Errorf("rate %v became %v, want %v", asked, got, want)
		}
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	fullrun.Only(t)
	var before time.Duration
	for i, step := range story(11, 20, 20_000) {
		if step.At < before || step.At%time.Millisecond != 0 {
			t.Fatalf("step %d at %v, after one at %v", i, step.At, before)
		}
		before = step.At
	}
}

func TestPeopleEnterBeforeTheyAreSeenAndLeaveOnce(t *testing.T) {
	t.Parallel()
	fullrun.Only(t)
	type stay struct {
		zone, camera string
		since        time.Duration
	}
	inside := map[string]stay{}
	known := map[string]bool{}
	for _, step := range story(5, 30, 30_000) {
		here := func(track string) {
			if s, ok := inside[track]; !ok || s.camera != step.Event.CameraID {
				t.Fatalf("%s at %v from %s: track %s isn't there", step.Event.Type, step.At, step.Event.CameraID, track)
			}
		}
		switch d := step.Event.Data.(type) {
		case personEntered:
			if known[d.TrackID] {
				t.Fatalf("track %s enters twice", d.TrackID)
			}
			known[d.TrackID] = true
			inside[d.TrackID] = stay{d.Zone, step.Event.CameraID, step.At}
		case faceDetected:
			here(d.TrackID)
		case lineCrossed:
			here(d.TrackID)
		case personExited:
			here(d.TrackID)
			s := inside[d.TrackID]
			if dwell := (step.At - s.since).Seconds(); s.zone != d.Zone || math.Abs(dwell-d.DwellSeconds) > 0.1 {
				t.Fatalf("track %s left %s after %.1f s, says %s after %.1f s", d.TrackID, s.zone, dwell, d.Zone, d.DwellSeconds)
			}
			delete(inside, d.TrackID)
		}
	}
	if len(known) < 1000 {
		t.Errorf("only %d stays in 30,000 events", len(known))
	}
}

func TestLinesCountEveryCrossing(t *testing.T) {
	t.Parallel()
	fullrun.Only(t)
	counts := map[string][2]int{}
	for _, step := range story(5, 30, 30_000) {
		d, ok := step.Event.Data.(lineCrossed)
		if !ok {
			continue
		}
		c := counts[d.Line]
		if d.Direction == "in" {
			c[0]++
		} else {
			c[1]++
		}
		if got := [2]int{d.CountIn, d.CountOut}; got != c || c[1] > c[0] {
			t.Fatalf("%s %s says %v, want %v and no more out than in", d.Line, d.Direction, got, c)
		}
		counts[d.Line] = c
	}
	if len(counts) != 5 {
		t.Errorf("lines: %v, want 5", counts)
	}
}

func TestAlertsFollowMatchesAtOrAboveTheThreshold(t *testing.T) {
	t.Parallel()
	fullrun.Only(t)
	last := map[string]faceMatched{}
	var alerts, quiet int
	for _, step := range story(5, 30, 60_000) {
		switch d := step.Event.Data.(type) {
		case faceMatched:
			last[d.IdentityID] = d
			if threshold, ok := alertThresholds[d.Watchlist]; ok && d.Similarity < threshold {
				quiet++
			}
		case watchlistAlert:
			alerts++
			if d.Threshold == 0 || d.Threshold != alertThresholds[d.Watchlist] || d.Similarity < d.Threshold {
				t.Fatalf("alert at %v below its threshold: %+v", step.At, d)
			}
			if last[d.IdentityID] != d.faceMatched {
				t.Fatalf("alert at %v isn't about the last match of %s", step.At, d.IdentityID)
			}
		}
	}
	if alerts == 0 || quiet == 0 {
		t.Errorf("%d alerts and %d watched matches below the threshold, want some of both", alerts, quiet)
	}
}

func TestNobodyIsInTwoPlacesAtOnce(t *testing.T) {
	t.Parallel()
	fullrun.Only(t)
	last := map[string]time.Duration{}
	for _, step := range story(9, 100, 60_000) {
		if d, ok := step.Event.Data.(faceMatched); ok {
			// A stay lasts ten seconds at least, and a match comes in its first three.
			if before, seen := last[d.IdentityID]; seen && step.At-before < 8*time.Second {
				t.Fatalf("%s matched at %v and %v", d.IdentityID, before, step.At)
			}
			last[d.IdentityID] = step.At
		}
	}
	if len(last) != len(newCast()) {
		t.Errorf("%d people were matched, want all %d", len(last), len(newCast()))
	}
}

func TestNoEventComesFromACameraThatIsOffline(t *testing.T) {
	t.Parallel()
	fullrun.Only(t)
	var offline string
	for _, f := range faults {
		if f.code == "camera_offline" {
			offline = f.camera
		}
	}
	for _, step := range story(2, 10, 20_000) {
		if step.Event.CameraID == offline && step.Event.Type != typeSystemError {
			t.Fatalf("%s from %s", step.Event.Type, offline)
		}
	}
}

func TestEventsHaveTheFieldsOfTheirType(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		typeFaceDetected:    "bbox confidence quality track_id",
		typeFaceMatched:     "identity_id label similarity watchlist",
		typeWatchlistAlert:  "identity_id label similarity threshold watchlist",
		typeLivenessPassed:  "challenges score session_id",
		typeLivenessFailed:  "reason score session_id",
		typeDocumentScanned: "confidence country document_id document_type mrz_valid",
		typePersonEntered:   "track_id zone",
		typePersonExited:    "dwell_seconds track_id zone",
		typeLineCrossed:     "count_in count_out direction line track_id",
		typeSystemError:     "code message module",
	}
	start := time.Date(2026, 3, 19, 11, 30, 0, 0, time.FixedZone("", 3600))
	for _, step := range story(1, 0, 2000) {
		text, err := json.Marshal(stamped(step, start))
		if err != nil {
			t.Fatal(err)
		}
		var ev struct {
			Timestamp, Source string
			Data              map[string]any
		}
		if err := json.Unmarshal(text, &ev); err != nil {
			t.Fatal(err)
		}
		keys := strings.Join(slices.Sorted(maps.Keys(ev.Data)), " ")
		if keys != want[step.Event.Type] {
			t.Fatalf("%s has %q, want %q", step.Event.Type, keys, want[step.Event.Type])
		}
		at, err := time.Parse(time.RFC3339Nano, ev.Timestamp)
		if err != nil || !at.Equal(start.Add(step.At)) || !strings.HasSuffix(ev.Timestamp, "+00:00") {
			t.Fatalf("timestamp %q, want %v in UTC as +00:00 (%v)", ev.Timestamp, start.Add(step.At), err)
		}
	}
}

// stamped returns a step's event as it is in a story that began at start, without
// an id.
func stamped(s Step, start time.Time) Event {
	e := s.Event
	e.Timestamp = start.Add(s.At).UTC().Format(timestampLayout)
	return e
}

func ExampleEvent() {
	step := Step{At: 135 * time.Second, Event: Event{
		Type: "face_matched", Source: "face_pipeline", CameraID: "lobby-cam-1",
		Data: faceMatched{IdentityID: "abc-123", Label: "Alice Smith", Similarity: 0.91, Watchlist: "default"},
	}}
	text, _ := json.MarshalIndent(stamped(step, time.Date(2026, 3, 19, 10, 30, 0, 0, time.UTC)), "", "  ")
	fmt.Println(string(text))
	// Output:
	// {
	//   "type": "face_matched",
	//   "timestamp": "2026-03-19T10:32:15+00:00",
	//   "source": "face_pipeline",
	//   "data": {
	//     "identity_id": "abc-123",
	//     "label": "Alice Smith",
	//     "similarity": 0.91,
	//     "watchlist": "default"
	//   },
	//   "camera_id": "lobby-cam-1"
	// }
}
