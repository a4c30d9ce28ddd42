package demo

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const fakeBase = "http://postern.test"

func newTestProducer(f *fakePostern, t *testing.T, rate float64) *Producer {
	return NewProducer(fakeBase, NewStory(NewSite(1, SiteOptions{Rate: rate})), ProducerOptions{
		Client: f.serve(t), Log: slog.New(slog.DiscardHandler),
	})
}

// wantStory checks that events are the beginning of the story of seed 1: nothing lost, nothing twice,
// nothing in another order.
func wantStory(t *testing.T, events []Event, rate float64) {
	t.Helper()
	for i, step := range story(1, rate, len(events)) {
		if events[i].Type != step.Event.Type || events[i].CameraID != step.Event.CameraID {
			t.Fatalf("event %d is %s at %q, want %s at %q", i,
				events[i].Type, events[i].CameraID, step.Event.Type, step.Event.CameraID)
		}
	}
}

func timestamp(t *testing.T, ev Event) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, ev.Timestamp)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestEventsArePostedWhenTheyHappen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		postern := newFakePostern()
		producer := newTestProducer(postern, t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if err := producer.Run(ctx); err != nil {
			t.Fatal(err)
		}
		events := postern.accepted()
		if n := len(events); n < 1200 || n > 2400 {
			t.Errorf("%d events in ten minutes, want about 1800", n)
		}
		wantStory(t, events, 3)
		for _, r := range postern.received() {
			batch, _ := decodeEvents(r.body)
			for _, ev := range batch {
				if late := r.at.Sub(timestamp(t, ev)); late < 0 || late > time.Second {
					t.Fatalf("event of %s was posted %v after it happened", ev.Timestamp, late)
				}
			}
			if r.contentType != contentJSON {
				t.Fatalf("content type %q", r.contentType)
			}
		}
	})
}

func TestUnavailablePosternGetsTheSameRequestAfterRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		postern := newFakePostern()
		postern.intercept = func(n int, w http.ResponseWriter) bool {
			if n < 3 || n > 5 {
				return false
			}
			w.Header().Set("Retry-After", "7")
			refuse(w, http.StatusServiceUnavailable, "The disk is full.")
			return true
		}
		producer := newTestProducer(postern, t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if err := producer.Run(ctx); err != nil {
			t.Fatal(err)
		}
		requests := postern.received()
		for i := 3; i <= 5; i++ {
			if !bytes.Equal(requests[i].body, requests[2].body) {
				t.Errorf("request %d isn't the one that was refused", i+1)
			}
			if pause := requests[i].at.Sub(requests[i-1].at); pause != 7*time.Second {
				t.Errorf("pause of %v, want the 7 s that were asked for", pause)
			}
		}
		wantStory(t, postern.accepted(), 3)
	})
}

func TestPausesGrowToABoundWithoutRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		postern := newFakePostern()
		postern.intercept = func(_ int, w http.ResponseWriter) bool {
			refuse(w, http.StatusServiceUnavailable, "Stopping.")
			return true
		}
		producer := newTestProducer(postern, t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if err := producer.Run(ctx); err != nil {
			t.Errorf("Run failed with %v, want nil at the end of ctx", err)
		}
		requests := postern.received()
		if first := requests[1].at.Sub(requests[0].at); first != firstRetryPause {
			t.Errorf("first pause %v, want %v", first, firstRetryPause)
		}
		last := len(requests) - 1
		if pause := requests[last].at.Sub(requests[last-1].at); pause != lastRetryPause {
			t.Errorf("last pause %v, want %v", pause, lastRetryPause)
		}
	})
}

func TestALostAnswerCostsNeitherAnEventNorADuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		postern := newFakePostern()
		postern.intercept = func(n int, _ http.ResponseWriter) bool {
			if n%4 != 0 {
				return false
			}
			batch, _ := decodeEvents(postern.requests[n-1].body)
			postern.accept(batch)
			panic(http.ErrAbortHandler) // the answer never leaves
		}
		producer := newTestProducer(postern, t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := producer.Run(ctx); err != nil {
			t.Fatal(err)
		}
		events := postern.accepted()
		if len(events) < 60 {
			t.Errorf("%d events in a minute", len(events))
		}
		wantStory(t, events, 3)
	})
}

func TestTheStoryGoesOnFromNowAfterALongOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		postern := newFakePostern()
		back := time.Now().Add(time.Hour)
		postern.intercept = func(n int, w http.ResponseWriter) bool {
			if n < 10 || time.Now().After(back) {
				return false
			}
			refuse(w, http.StatusBadGateway, "")
			return true
		}
		producer := newTestProducer(postern, t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), 61*time.Minute)
		defer cancel()
		if err := producer.Run(ctx); err != nil {
			t.Fatal(err)
		}
		events := postern.accepted()
		wantStory(t, events, 3)
		if len(events) > 600 {
			t.Errorf("%d events: the hour without Postern was caught up", len(events))
		}
		if last := timestamp(t, events[len(events)-1]); last.Before(back) {
			t.Errorf("last event at %v, before Postern was back at %v", last, back)
		}
	})
}

func TestRefusedEventsEndTheRunWithWhatPosternSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		postern := newFakePostern()
		postern.intercept = func(_ int, w http.ResponseWriter) bool {
			refuse(w, http.StatusUnauthorized, "Send a key.")
			return true
		}
		err := newTestProducer(postern, t, 3).Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), "401 Unauthorized: Send a key.") {
			t.Errorf("Run failed with %v", err)
		}
		if n := len(postern.received()); n != 1 {
			t.Errorf("%d requests, want no retry", n)
		}
	})
}

func TestAnAddressThatIsNoneIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	producer := NewProducer("http://postern:port", NewStory(NewSite(1, SiteOptions{})), ProducerOptions{})
	if err := producer.Run(t.Context()); err == nil {
		t.Error("Run ended without an error")
	}
}

func TestIDsAreValidInOrderAndDifferBetweenRuns(t *testing.T) {
	t.Parallel()
	valid := regexp.MustCompile(`^evt_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	now := time.Date(2026, 3, 19, 10, 30, 0, 0, time.UTC)
	seen := map[string]bool{}
	for range 2 {
		told := NewStory(NewSite(1, SiteOptions{}))
		told.begin(now.Add(-time.Hour))
		before := ""
		for _, ev := range told.take(now, 5000) {
			if !valid.MatchString(ev.ID) || ev.ID <= before || seen[ev.ID] {
				t.Fatalf("id %q after %q", ev.ID, before)
			}
			seen[ev.ID], before = true, ev.ID
		}
	}
	if len(seen) != 10_000 {
		t.Errorf("%d ids, want 10000", len(seen))
	}
}

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 10, 30, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"soon":                          0,
		"-5":                            0,
		"120":                           2 * time.Minute,
		"Thu, 19 Mar 2026 10:30:09 GMT": 9 * time.Second,
		"Thu, 19 Mar 2026 10:29:00 GMT": 0,
		"99999999999999999999":          0,
	} {
		if got := parseRetryAfter(header, now); got != want {
			t.Errorf("Retry-After %q is %v, want %v", header, got, want)
		}
	}
}
