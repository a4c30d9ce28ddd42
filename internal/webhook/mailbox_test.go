package webhook

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestOrdersAreKeptInTheOrderTheyCame(t *testing.T) {
	t.Parallel()
	m := newMailbox()
	var done []int
	for i := range 100 {
		if !m.order(func() { done = append(done, i) }) {
			t.Fatal("an order was refused")
		}
	}
	select {
	case <-m.ready:
	default:
		t.Error("nobody is told that there are orders")
	}
	for _, do := range m.take() {
		do()
	}
	if len(done) != 100 || !slices.IsSorted(done) {
		t.Errorf("carried out: %v", done)
	}
	if n := len(m.take()); n != 0 {
		t.Errorf("%d orders are given out twice", n)
	}
}

func TestOrdersAfterTheEndAreRefused(t *testing.T) {
	t.Parallel()
	m := newMailbox()
	m.order(func() { t.Error("an order was carried out after the end") })
	m.close()
	select {
	case <-m.ended:
	default:
		t.Error("the end isn't told")
	}
	if m.order(func() {}) {
		t.Error("an order was taken after the end")
	}
	for _, do := range m.take() {
		do()
	}
}

func TestOrdersOfManyAreAllCarriedOut(t *testing.T) {
	t.Parallel()
	m := newMailbox()
	var all sync.WaitGroup
	const each, many = 200, 8
	last := make([]int, many)
	for who := range many {
		all.Go(func() {
			for i := range each {
				m.order(func() {
					if last[who] != i {
						t.Errorf("the order %d of %d came as number %d", i, who, last[who])
					}
					last[who]++
				})
			}
		})
	}
	finished := make(chan struct{})
	go func() { all.Wait(); close(finished) }()
	for carried := 0; carried < each*many; {
		<-m.ready
		for _, do := range m.take() {
			do()
			carried++
		}
	}
	<-finished
}

// What is ordered before the lanes run is done once they do; what waits when
// they end is told so.
func TestOrdersBeforeTheStartAndAfterTheEndOfALane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSite(t, t.TempDir(), w)
		published := s.publishMany(3, "face_matched")
		e := s.register(urlA, "", "*")
		answered := make(chan error, 1)
		go func() { answered <- s.service.Resend(t.Context(), e.ID, published[0].ID) }()
		synctest.Wait()
		s.pause(e.ID)
		s.resume(e.ID, SendWaiting)
		select {
		case err := <-answered:
			t.Fatalf("answered %v before the lane ran", err)
		default:
		}
		s.run()
		if err := <-answered; err != nil {
			t.Error(err)
		}
		rest(time.Minute)
		if got := w.again(urlA); len(got) != 1 || got[1] != 1 {
			t.Errorf("sent: %v", got)
		}
	})
}

func TestOrderThatNoLaneTakesIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, t.TempDir(), newWorld()) // doesn't run
		published := s.publish("face_matched")[0]
		e := s.register(urlA, "", "*")
		began := time.Now()
		if err := s.service.Resend(t.Context(), e.ID, published.ID); err == nil || time.Since(began) != orderTime {
			t.Errorf("answered %v after %v", err, time.Since(began))
		}
	})
}
