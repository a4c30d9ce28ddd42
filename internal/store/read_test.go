package store

import (
	"context"
	"errors"
	"testing"

	"postern/internal/event"
	"postern/internal/store/eventlog"
)

func TestRead_from_any_sequence_number(t *testing.T) {
	t.Parallel()
	j := open(t)
	events := several(25)
	add(t, j, events...)
	for _, tc := range []struct {
		after   int64
		limit   int
		n       int
		through int64
	}{
		{0, 100, 25, 25}, {0, 25, 25, 25}, {0, 10, 10, 10}, {10, 10, 10, 20}, {20, 10, 5, 25}, {24, 1, 1, 25}, {25, 10, 0, 25}, {99, 10, 0, 99},
	} {
		got, through, err := j.Read(context.Background(), tc.after, 0, tc.limit)
		if err != nil || len(got) != tc.n || through != tc.through {
			t.Errorf("Read(%d, %d): %d events through %d, %v; want %d through %d", tc.after, tc.limit, len(got), through, err, tc.n, tc.through)
			continue
		}
		for i, e := range got {
			wantSame(t, e, events[tc.after+int64(i)])
		}
	}
}

func TestRead_by_type_returns_how_far_it_has_read(t *testing.T) {
	t.Parallel()
	j := open(t)
	var events []*event.Event
	for i := range 30 {
		events = append(events, made(withType(event.Type(i%10+1))))
	}
	add(t, j, events...)
	for _, tc := range []struct {
		types   event.TypeSet
		limit   int
		seqs    []int64
		through int64
	}{
		{event.Types(event.FaceDetected), 10, []int64{1, 11, 21}, 30},
		{event.Types(event.SystemError, event.FaceDetected), 3, []int64{1, 10, 11}, 11},
		{event.Types(event.SystemError), 3, []int64{10, 20, 30}, 30},
		{event.AllTypes, 2, []int64{1, 2}, 2},
	} {
		got, through, err := j.Read(context.Background(), 0, tc.types, tc.limit)
		if err != nil || through != tc.through || len(got) != len(tc.seqs) {
			t.Errorf("Read(%q, %d): %d events through %d, %v; want %v through %d", tc.types.Names(), tc.limit, len(got), through, err,
				tc.seqs, tc.through)
			continue
		}
		for i, e := range got {
			wantSame(t, e, events[tc.seqs[i]-1])
		}
	}
}

func TestRead_of_rare_events_is_bounded(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(eventlog.ReadSpan+1)...)
	rare := made(withType(event.SystemError))
	add(t, j, rare)
	got, through, err := j.Read(context.Background(), 0, event.Types(event.SystemError), 10)
	if err != nil || len(got) != 0 || through != eventlog.ReadSpan {
		t.Fatalf("the first Read: %d events through %d, %v; want none through %d", len(got), through, err, eventlog.ReadSpan)
	}
	got, through, err = j.Read(context.Background(), through, event.Types(event.SystemError), 10)
	if err != nil || len(got) != 1 || through != eventlog.ReadSpan+2 {
		t.Fatalf("the second Read: %d events through %d, %v; want 1 through %d", len(got), through, err, eventlog.ReadSpan+2)
	}
	wantSame(t, got[0], rare)
}

func TestGet_of_an_absent_event(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(3)...)
	wantGone(t, j, made(), made(withID("x")))
	if _, err := j.Get(context.Background(), ""); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("Get of an empty id: %v", err)
	}
}
