package hub

import (
	"testing"

	"postern/internal/event"
)

func TestReadersAreWokenForTheirTypesOnly(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 100)
	subscribe := func(types event.TypeSet, cameras ...string) *Subscription {
		s := h.Subscribe(event.Filter{Types: types, Cameras: cameras}, FromNow, Live)
		t.Cleanup(s.Close)
		if !isReady(s) {
			t.Fatal("a new reader isn't told to look")
		}
		return s
	}
	faces := subscribe(event.Types(event.FaceDetected, event.FaceMatched))
	faults := subscribe(event.Types(event.SystemError))
	all := subscribe(0)
	star := subscribe(event.AllTypes)
	camera := subscribe(0, "nowhere")
	for _, tc := range []struct {
		types []event.Type
		woken []bool // faces, faults, all, star, camera
	}{
		{[]event.Type{event.FaceMatched}, []bool{true, false, true, true, true}},
		{[]event.Type{event.SystemError}, []bool{false, true, true, true, true}},
		{[]event.Type{event.LineCrossed}, []bool{false, false, true, true, true}},
		{[]event.Type{event.LineCrossed, event.FaceDetected, event.SystemError}, []bool{true, true, true, true, true}},
	} {
		var events []*event.Event
		for _, typ := range tc.types {
			events = append(events, made(withType(typ)))
		}
		publish(t, h, events...)
		for i, s := range []*Subscription{faces, faults, all, star, camera} {
			if got := isReady(s); got != tc.woken[i] {
				t.Errorf("%v: reader %d was woken: %t, want %t", tc.types, i, got, tc.woken[i])
			}
			if isReady(s) {
				t.Errorf("%v: reader %d was woken twice", tc.types, i)
			}
		}
	}
	if events, _ := drain(t, faults, 10); len(events) != 2 {
		t.Errorf("%d faults", len(events))
	}
	if events, _ := drain(t, camera, 10); len(events) != 0 {
		t.Errorf("%d events of no camera", len(events))
	}
}

func TestAReaderWhoseBatchWasFullIsToldToLookAgain(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 100)
	s := h.Subscribe(event.Filter{}, FromNow, Live)
	defer s.Close()
	publish(t, h, several(10)...)
	looks := 0
	for isReady(s) {
		poll(t, s, 3)
		looks++
	}
	if s.Position() != 10 || looks != 4 {
		t.Errorf("after %d looks the reader stands at %d, want 4 and 10", looks, s.Position())
	}
}

func TestABatchSaysWhetherThereIsMoreAndUsesTheRoomThatItIsGiven(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 100)
	s := h.Subscribe(event.Filter{}, FromNow, Durable)
	defer s.Close()
	publish(t, h, several(10)...)
	room := make([]*event.Event, 4)
	for _, want := range []struct {
		n    int
		more bool
	}{{4, true}, {4, true}, {2, false}, {0, false}} {
		b, err := s.PollInto(t.Context(), room, 4)
		if err != nil || len(b.Events) != want.n || b.More != want.more {
			t.Fatalf("%d events, more %t, %v; want %+v", len(b.Events), b.More, err, want)
		}
		if want.n > 0 && &b.Events[0] != &room[0] {
			t.Error("the events are somewhere else")
		}
	}
}

func TestAReaderKnowsWhetherItMustWaitForTheLog(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 10)
	s := h.Subscribe(event.Filter{}, FromNow, Durable)
	defer s.Close()
	if !s.Recent() {
		t.Error("there is nothing to wait for")
	}
	publish(t, h, several(10)...)
	if !s.Recent() {
		t.Error("the ring holds everything")
	}
	publish(t, h, several(1)...)
	if s.Recent() {
		t.Error("the ring no longer holds the first")
	}
	poll(t, s, 5)
	if !s.Recent() {
		t.Error("the ring holds the rest")
	}
}

// A reader with rules of its own is told whenever another's Ready receives, and
// never after it has closed.
func TestAReaderIsToldInsteadOfWoken(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 10)
	told := 0
	s := h.SubscribeFunc(event.Filter{Types: event.Types(event.LineCrossed)}, FromNow, Durable, func() { told++ })
	want := func(n int, when string) {
		t.Helper()
		if told != n || isReady(s) {
			t.Errorf("%s it is told %d times, want %d, and Ready %t", when, told, n, isReady(s))
		}
		told = 0
	}
	want(1, "at first")
	publish(t, h, made(withType(event.FaceMatched)))
	want(0, "after an event of another type")
	publish(t, h, made(withType(event.LineCrossed)), made(withType(event.LineCrossed)))
	want(1, "after a commit")
	poll(t, s, 1)
	want(1, "while there is more")
	poll(t, s, 5)
	want(0, "once it has read all")
	s.Close()
	publish(t, h, made(withType(event.LineCrossed)))
	want(0, "after it has closed")
}
