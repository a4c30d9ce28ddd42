package live

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/hub"
	"postern/internal/hubtest"
	"postern/internal/web/socket"
	cameraview "postern/views/camera"
)

// liveTime is how long a test waits at most.
const liveTime = time.Minute

// startFeeds runs live feeds over a real store, without HTTP. stop ends
// them and waits.
func startFeeds(t *testing.T) (l *Feeds, publish func(...*event.Event), stop func()) {
	t.Helper()
	ctx := context.Background()
	log := hubtest.Open(t, hubtest.Options{Hub: hub.Options{History: 1000}})
	j, h := log.Store, log.Hub
	l = New(h, j, time.Now, slog.New(slog.DiscardHandler))
	l.Monitors = &MonitorSource{
		Store: j, Cameras: func() []cameraview.Camera { return nil }, CountWebhooks: func() (all, unwell int) { return 0, 0 },
	}
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- l.Run(running) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	publish = func(events ...*event.Event) {
		t.Helper()
		if _, err := h.Publish(ctx, events); err != nil {
			t.Fatal(err)
		}
	}
	return l, publish, cancel
}

func labelled(typ event.Type, label string) *event.Event {
	return eventtest.New(eventtest.WithType(typ), eventtest.At(time.Now().UTC().Truncate(time.Microsecond)),
		eventtest.WithSource("test"), eventtest.WithData(fmt.Sprintf(`{"label":%q}`, label)))
}

func TestOneFeedServesAllWhoWatchTheSame(t *testing.T) {
	t.Parallel()
	l, publish, _ := startFeeds(t)
	alerts := Key{Filter: event.Filter{Types: event.Types(event.WatchlistAlert)}}
	var watchers []*watcher
	for _, key := range []Key{{}, {}, {}, alerts, {StateOnly: true}} {
		w, err := l.watch(key, "")
		if err != nil {
			t.Fatal(err)
		}
		watchers = append(watchers, w)
	}
	if n := l.count(); n != 3 {
		t.Fatalf("%d feeds, want 3", n)
	}
	for _, w := range watchers[:3] {
		<-w.out // the snapshot
		<-w.out // the state
	}
	publish(labelled(event.WatchlistAlert, "Alice"))
	first, second := <-watchers[0].out, <-watchers[1].out
	if first.frame != second.frame {
		t.Error("the fragment was rendered more than once")
	}
	for _, w := range watchers {
		l.leave(w)
	}
	if n := l.count(); n != 0 || l.watchers != 0 {
		t.Errorf("%d feeds and %d watchers are left", n, l.watchers)
	}
}

func (l *Feeds) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.feeds)
}

func TestSlowWatcherIsToldWhatItMissedAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := &watcher{out: make(chan message, 3)}
	for range 10 {
		w.send(message{events: 4})
	}
	if len(w.out) != 3 || w.missed != 7*4 {
		t.Fatalf("%d queued, %d missed", len(w.out), w.missed)
	}
	for range 3 {
		<-w.out
	}
	w.send(message{events: 4})
	if told := <-w.out; told.frame == nil || told.events != 0 {
		t.Error("it was not told first")
	}
	if m := <-w.out; m.events != 4 || w.missed != 0 {
		t.Error("then the message did not follow")
	}
}

func TestLiveSocketsAreBounded(t *testing.T) {
	t.Parallel()
	l, _, _ := startFeeds(t)
	var watchers []*watcher
	for range DefaultLimit {
		w, err := l.watch(Key{StateOnly: true}, "")
		if err != nil {
			t.Fatal(err)
		}
		watchers = append(watchers, w)
	}
	if _, err := l.watch(Key{}, ""); err != ErrFull || l.CheckCapacity() != ErrFull {
		t.Errorf("one too many: %v", err)
	}
	for _, w := range watchers {
		l.leave(w)
	}
	w, err := l.watch(Key{}, "")
	if err != nil {
		t.Fatalf("after all have left: %v", err)
	}
	l.leave(w)
}

func TestFeedsThatStoppedTakeNobody(t *testing.T) {
	t.Parallel()
	l, _, stop := startFeeds(t)
	w, err := l.watch(Key{}, "")
	if err != nil {
		t.Fatal(err)
	}
	stop()
	<-w.gone
	if w.code != socket.CloseRestart {
		t.Errorf("ended with %d", w.code)
	}
	l.leave(w)
	if _, err := l.watch(Key{}, ""); err != errStopping {
		t.Errorf("after the stop: %v", err)
	}
}

func TestWatchersInSeveralZones_haveFeedsOfTheirOwn(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []Key{{}, {Monitor: true}, {Monitor: true, Webhooks: true}, {CameraScope: []string{"a"}}} {
		there := k
		there.Zone = tokyo
		if k.String() == there.String() {
			t.Errorf("%q is both", k)
		}
		k.Zone = time.UTC
		if k.String() == there.String() {
			t.Errorf("%q is both", k)
		}
	}
	if (Key{StateOnly: true, Zone: tokyo}).String() != (Key{StateOnly: true}).String() {
		t.Error("heartbeats are the same in every zone")
	}
}
