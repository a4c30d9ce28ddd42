package worker

import (
	"slices"
	"sync"
	"testing"
)

func TestOrdersAreKeptInTheOrderTheyCame(t *testing.T) {
	t.Parallel()
	m := newInbox()
	var done []int
	for i := range 100 {
		if !m.post(func() { done = append(done, i) }) {
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
	m := newInbox()
	m.post(func() { t.Error("an order was carried out after the end") })
	m.close()
	select {
	case <-m.ended:
	default:
		t.Error("the end isn't told")
	}
	if m.post(func() {}) {
		t.Error("an order was taken after the end")
	}
	for _, do := range m.take() {
		do()
	}
}

func TestOrdersOfManyAreAllCarriedOut(t *testing.T) {
	t.Parallel()
	m := newInbox()
	var all sync.WaitGroup
	const each, many = 200, 8
	last := make([]int, many)
	for sender := range many {
		all.Go(func() {
			for i := range each {
				m.post(func() {
					if last[sender] != i {
						t.Errorf("the order %d of %d came as number %d", i, sender, last[sender])
					}
					last[sender]++
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
