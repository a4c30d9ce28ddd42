package deliveries_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/store"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

// withTimeline gives an attempt a timeline, with a header about a person.
func withTimeline(a delivery.Attempt) delivery.Attempt {
	t := &delivery.Timeline{Address: "192.0.2.1:443", TLS: "TLS 1.3", Signed: 7, CommitTook: time.Millisecond,
		Headers: []delivery.Header{{Name: "X-Person", Value: "alice was seen"}}}
	t.Phases[delivery.PhaseConnect] = delivery.PhaseTime{From: time.Millisecond, To: 3 * time.Millisecond}
	a.Timeline = t
	return a
}

func TestRedaction_OverwritesTheHeadersOfAnswers(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(4)...)
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: []delivery.Attempt{
		withTimeline(tried(1, 1, delivery.ClassStatus)), // failed
		withTimeline(tried(2, 1, delivery.ClassNone)),   // slow
		tried(3, 1, delivery.ClassNone),
		withTimeline(tried(4, 1, delivery.ClassNone)),
	}})
	err := j.DB.Write(t.Context(), func(tx *database.Tx) error {
		for seq := int64(1); seq <= 3; seq++ {
			if err := deliveries.RedactAttempts(t.Context(), tx, seq); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := attemptsOf(t, reopen(t, j).Deliveries, "wh_a", 10, false)
	if len(got) != 4 {
		t.Fatalf("%d attempts", len(got))
	}
	for _, a := range got {
		switch line := a.Timeline; {
		case a.Seq == 3:
			if line != nil {
				t.Errorf("a quick attempt has %+v", line)
			}
		case line == nil || line.Address != "192.0.2.1:443" || line.TLS != "TLS 1.3" ||
			line.Phases[delivery.PhaseConnect].Took() != 2*time.Millisecond:
			t.Errorf("event %d's timeline is %+v", a.Seq, line)
		case a.Seq == 4 && fmt.Sprint(line.Headers) != "[{X-Person alice was seen}]", a.Seq < 4 && len(line.Headers) > 0:
			t.Errorf("event %d's headers are %+v", a.Seq, line.Headers)
		}
	}
}

// Retention redacts what it has removed the event of, slow attempts too.
func TestRedaction_OfRemovedEvents(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), store.Options{Now: clock.Now, Retain: time.Hour, RetainAttempts: 30 * 24 * time.Hour})
	add(t, j, several(2)...)
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: []delivery.Attempt{withTimeline(tried(1, 1, delivery.ClassNone))}})
	clock.Advance(2 * time.Hour)
	retain(t, j)
	got, _ := attemptsOf(t, j.Deliveries, "wh_a", 10, false)
	if len(got) != 1 || got[0].Timeline == nil || len(got[0].Timeline.Headers) > 0 {
		t.Errorf("the attempts are %+v", got)
	}
}

func TestBandHours_CountAttemptsByTheHourInWhichTheyBegan(t *testing.T) {
	t.Parallel()
	j := open(t)
	a, b := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	hour := start.Truncate(time.Hour)
	at := func(after time.Duration, took time.Duration, class delivery.Class, status int) delivery.Attempt {
		return delivery.Attempt{Seq: 1, Number: 1, At: hour.Add(after), Duration: took, Class: class, Status: status}
	}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: a.N, Attempts: []delivery.Attempt{
		at(0, time.Millisecond, 0, 200), at(time.Minute, 99*time.Millisecond, 0, 200), at(time.Minute, 100*time.Millisecond, 0, 200),
		at(59*time.Minute, 12*time.Second, 0, 200), at(time.Hour-1, 5*time.Minute, delivery.ClassTimeout, 0),
	}})
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: a.N, Attempts: []delivery.Attempt{at(2*time.Minute, 0, 0, 200)}})
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: a.N, Attempts: []delivery.Attempt{
		at(3*time.Hour, time.Second, delivery.ClassStatus, 404), at(3*time.Hour, time.Second, delivery.ClassStatus, 503),
	}})
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: b.N, Attempts: []delivery.Attempt{at(0, 0, delivery.ClassDNS, 0)}})
	j = reopen(t, j)
	hours, _, err := j.Deliveries.BandHours(t.Context(), "wh_a", hour, hour.Add(4*time.Hour))
	if err != nil || len(hours) != 2 || !hours[0].Start.Equal(hour) || !hours[1].Start.Equal(hour.Add(3*time.Hour)) {
		t.Fatalf("the hours are %+v, %v", hours, err)
	}
	want := [delivery.BandCount]int64{delivery.BandUnder100: 3, delivery.BandUnder500: 1, delivery.BandSlower: 1, delivery.BandTimeout: 1}
	if hours[0].Counts != want {
		t.Errorf("the first hour has %v, want %v", hours[0].Counts, want)
	}
	if want := ([delivery.BandCount]int64{delivery.BandRejected: 1, delivery.BandError: 1}); hours[1].Counts != want {
		t.Errorf("the other hour has %v, want %v", hours[1].Counts, want)
	}
	// The list of a cell has as many as the cell says.
	for band, n := range hours[0].Counts {
		if n == 0 {
			continue
		}
		page, _, err := j.Deliveries.Attempts(t.Context(), "wh_a", deliveries.AttemptCursor{}, 10,
			delivery.AttemptFilter{Band: delivery.Band(band), Since: hour, Until: hour.Add(time.Hour)})
		if err != nil || int64(len(page)) != n {
			t.Errorf("%v: %d attempts, want %d; %v", delivery.Band(band), len(page), n, err)
		}
	}
	if _, _, err := j.Deliveries.BandHours(t.Context(), "wh_none", hour, hour); err == nil || !strings.Contains(err.Error(), "not") {
		t.Errorf("of no webhook: %v", err)
	}
}

func TestBandHours_AreKeptForEightDays(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), store.Options{Now: clock.Now})
	e := endpoint(t, j.Deliveries, "wh_a")
	for range 10 {
		one := delivery.Attempt{Seq: 1, Number: 1, At: clock.Now(), Status: 200}
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: []delivery.Attempt{one}})
		clock.Advance(24 * time.Hour)
	}
	retain(t, j)
	hours, _, err := j.Deliveries.BandHours(context.Background(), "wh_a", start.Add(-time.Hour), clock.Now())
	if err != nil || len(hours) != 8 || hours[0].Start.Before(clock.Now().Add(-deliveries.BandAge).Add(-time.Hour)) {
		t.Errorf("%d hours are left, %v", len(hours), err)
	}
}
