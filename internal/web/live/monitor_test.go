package live

import (
	"fmt"
	"testing"
	"time"

	"postern/internal/event"
)

func TestAMonitorIsTheSameForAllWhoWatchItAndBeatsOn(t *testing.T) {
	t.Parallel()
	l, _, _ := startFeeds(t)
	var watchers []*watcher
	for range 2 {
		w, err := l.watch(Key{Monitor: true}, "")
		if err != nil {
			t.Fatal(err)
		}
		defer l.leave(w)
		watchers = append(watchers, w)
	}
	if n := l.count(); n != 1 {
		t.Fatalf("%d feeds, want 1", n)
	}
	for _, w := range watchers {
		<-w.out // the rows
		<-w.out // the rest
		<-w.out // the state
	}
	// Nothing happens, and still it's heard of: by the one who came later, and
	// in the same words by the one who was there before.
	beat := <-watchers[1].out
	for deadline := time.After(liveTime); ; {
		select {
		case m := <-watchers[0].out:
			if m.frame == beat.frame {
				return
			}
		case <-deadline:
			t.Fatal("a beat was rendered more than once")
		}
	}
}

func TestAFloodOfAlertsComesAtAPaceAndIsCounted(t *testing.T) {
	t.Parallel()
	l, publish, _ := startFeeds(t)
	began := time.Now()
	w, err := l.watch(Key{Monitor: true}, "")
	if err != nil {
		t.Fatal(err)
	}
	messages, stop := 0, make(chan struct{})
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for {
			select {
			case <-w.out:
				messages++
			case <-stop:
				return
			}
		}
	}()
	for i := range 40 {
		alerts := make([]*event.Event, 50)
		for n := range alerts {
			alerts[n] = labelled(event.WatchlistAlert, fmt.Sprint("flood ", i, n))
		}
		publish(alerts...)
	}
	v, err := l.Monitors.View(t.Context(), event.Filter{}, nil, true, time.Now())
	if err != nil || v.OpenAlerts.Open != MaxOpenCount || !v.OpenAlerts.AtLeast || len(v.OpenAlerts.Alerts) != 3 {
		t.Errorf("%d open (at least: %t), %d shown, %v", v.OpenAlerts.Open, v.OpenAlerts.AtLeast, len(v.OpenAlerts.Alerts), err)
	}
	l.leave(w)
	close(stop)
	<-counted
	// The picture on joining is three messages. Then there is a beat and an
	// update for each interval that has begun, and the state, which has an
	// interval of its own: not one of each for all 40.
	took := time.Since(began)
	if most := 3 + 2*(int(took/urgentInterval)+1) + int(took/busyHeartbeatInterval) + 1; messages > most {
		t.Errorf("%d messages in %v, want at most %d", messages, took, most)
	}
}

func TestTheStreamOfAMonitorHasNoAlerts(t *testing.T) {
	for _, tc := range []struct {
		types, want event.TypeSet
		some        bool
	}{
		{0, event.Types(event.FaceDetected, event.FaceMatched, event.LivenessPassed, event.DocumentScanned, event.PersonEntered,
			event.PersonExited, event.LineCrossed), true},
		{event.Types(event.FaceMatched, event.SystemError), event.Types(event.FaceMatched), true},
		{event.Types(event.SystemError), 0, false},
	} {
		if f, some := StreamFilter(event.Filter{Types: tc.types}); f.Types != tc.want || some != tc.some {
			t.Errorf("of %v: %v, %t", tc.types.Names(), f.Types.Names(), some)
		}
	}
}
