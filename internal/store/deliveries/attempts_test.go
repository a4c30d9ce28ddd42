package deliveries_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
)

func TestAttemptsComeBackNewestFirst(t *testing.T) {
	t.Parallel()
	j := open(t)
	events := several(3)
	add(t, j, events...)
	e := endpoint(t, j.Deliveries, "wh_a")
	want := []delivery.Attempt{
		tried(1, 1, 0), tried(2, 1, 3),
		{Seq: 3, At: start.Truncate(time.Millisecond), Duration: 0, Number: 1, Class: 1, Detail: "no such host: é"}, // no response
		{Seq: 3, At: start.Add(time.Hour).Truncate(time.Millisecond), Duration: 30 * time.Second, Number: 9, Status: 200},
		{Seq: 99, At: start.Add(2 * time.Hour).Truncate(time.Millisecond), Number: 1, Status: 204}, // of an event that is gone
	}
	for _, a := range want {
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: []delivery.Attempt{a}})
	}
	got, _ := attemptsOf(t, reopen(t, j).Deliveries, "wh_a", 10, false)
	slices.Reverse(got)
	if len(got) != len(want) {
		t.Fatalf("%d attempts, want %d", len(got), len(want))
	}
	for i := range want {
		id, kind := got[i].EventID, got[i].EventType
		got[i].EventID, got[i].EventType = "", 0
		if got[i] != want[i] {
			t.Errorf("got  %+v\nwant %+v", got[i], want[i])
		}
		switch {
		case want[i].Seq == 99 && (id != "" || kind != 0):
			t.Errorf("an event that is gone is called %s, %s", id, kind)
		case want[i].Seq != 99 && (id != events[want[i].Seq-1].ID || kind != event.FaceMatched):
			t.Errorf("event %d is called %s, %s", want[i].Seq, id, kind)
		}
	}
}

func TestAttemptsKnowEventsByAnyFormOfID(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, made(withID("my-own")))
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: []delivery.Attempt{tried(1, 1, 0)}})
	if got, _ := attemptsOf(t, j.Deliveries, "wh_a", 10, false); len(got) != 1 || got[0].EventID != "my-own" {
		t.Errorf("got %+v", got)
	}
}

func TestAttemptsPageAcrossRowsOfMany(t *testing.T) {
	t.Parallel()
	j := open(t)
	e, other := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	seq := int64(0)
	for _, n := range []int{1, 5, 3, 1, 7} {
		var attempts []delivery.Attempt
		for range n {
			seq++
			attempts = append(attempts, tried(seq, 1, 0))
		}
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: attempts})
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: other.N, Attempts: []delivery.Attempt{tried(100+seq, 1, 0)}})
	}
	var want []int64
	for ; seq > 0; seq-- {
		want = append(want, seq)
	}
	for limit := 1; limit <= len(want)+1; limit++ {
		got, pages := attemptsOf(t, j.Deliveries, "wh_a", limit, false)
		if !slices.Equal(seqsOf(got), want) {
			t.Errorf("limit %d: %v, want %v", limit, seqsOf(got), want)
		}
		if most := (len(want) + limit - 1) / limit; pages != most {
			t.Errorf("limit %d: %d pages, want %d", limit, pages, most)
		}
	}
}

func TestAttemptsPagesStayRightWhileOthersAreMade(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, Attempts: []delivery.Attempt{tried(1, 1, 0), tried(2, 1, 0), tried(3, 1, 0), tried(4, 1, 0)},
	})
	page, next, err := j.Deliveries.Attempts(context.Background(), "wh_a", deliveries.AttemptCursor{}, 2, delivery.AttemptFilter{})
	if err != nil || !slices.Equal(seqsOf(page), []int64{4, 3}) {
		t.Fatalf("%v, %v", seqsOf(page), err)
	}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: []delivery.Attempt{tried(5, 1, 0), tried(6, 1, 0)}})
	if page, next, err = j.Deliveries.Attempts(context.Background(), "wh_a", next, 5, delivery.AttemptFilter{}); err != nil ||
		!slices.Equal(seqsOf(page), []int64{2, 1}) || next.Row != 0 {
		t.Errorf("the second page is %v, next %+v, %v; want [2 1] and no next", seqsOf(page), next, err)
	}
}

func TestFailedAttemptsByThemselves(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, Attempts: []delivery.Attempt{tried(1, 1, 0), tried(2, 1, 3), tried(3, 1, 0), tried(4, 1, 1)},
	})
	// a retry that worked, and one that didn't
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: []delivery.Attempt{tried(5, 2, 0), tried(6, 3, 2)}})
	for limit := 1; limit <= 4; limit++ {
		if got, _ := attemptsOf(t, j.Deliveries, "wh_a", limit, true); !slices.Equal(seqsOf(got), []int64{6, 4, 2}) {
			t.Errorf("limit %d: %v, want [6 4 2]", limit, seqsOf(got))
		}
	}
	got, _ := attemptsOf(t, j.Deliveries, "wh_a", 10, false)
	seqs := seqsOf(got)
	slices.Sort(seqs)
	if !slices.Equal(seqs, []int64{1, 2, 3, 4, 5, 6}) {
		t.Errorf("all: %v", seqs)
	}
}

func TestAttemptsOfAnUnknownEndpoint(t *testing.T) {
	t.Parallel()
	j := open(t)
	if _, err := firstPage(j.Deliveries, "wh_x", 10); !errors.Is(err, deliveries.ErrNoEndpoint) {
		t.Errorf("got %v, want ErrNoEndpoint", err)
	}
	endpoint(t, j.Deliveries, "wh_a")
	if got, _ := attemptsOf(t, j.Deliveries, "wh_a", 10, false); len(got) != 0 {
		t.Errorf("an endpoint without attempts has %+v", got)
	}
}

func TestADamagedRecordOfAttemptsIsSaidToBe(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: []delivery.Attempt{tried(1, 1, 0)}})
	if _, err := j.DB.Exec(context.Background(), "UPDATE attempts SET entries = x'01ff'"); err != nil {
		t.Fatal(err)
	}
	if _, err := firstPage(j.Deliveries, "wh_a", 10); !errors.Is(err, deliveries.ErrAttempts) ||
		!strings.Contains(err.Error(), "row 1") {
		t.Errorf("got %v", err)
	}
}
