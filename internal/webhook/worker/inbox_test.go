package worker

import (
	"slices"
	"sync"
	"testing"
)

func TestInbox_KeepsTheOrderOfCommands(t *testing.T) {
	t.Parallel()
	b := newInbox()
	var done []int
	for i := range 100 {
		if !b.post(func() { done = append(done, i) }) {
			t.Fatal("a command was refused")
		}
	}
	select {
	case <-b.ready:
	default:
		t.Error("no receiver is woken for the commands")
	}
	for _, do := range b.take() {
		do()
	}
	if len(done) != 100 || !slices.IsSorted(done) {
		t.Errorf("executed: %v", done)
	}
	if n := len(b.take()); n != 0 {
		t.Errorf("%d commands are taken twice", n)
	}
}

func TestInbox_RefusesCommandsAfterTheEnd(t *testing.T) {
	t.Parallel()
	b := newInbox()
	b.post(func() { t.Error("a command was executed after the end") })
	b.close()
	select {
	case <-b.ended:
	default:
		t.Error("the end isn't signalled")
	}
	if b.post(func() {}) {
		t.Error("a command was accepted after the end")
	}
	for _, do := range b.take() {
		do()
	}
}

func TestInbox_HasAllCommandsOfSeveralSenders(t *testing.T) {
	t.Parallel()
	b := newInbox()
	var all sync.WaitGroup
	const each, many = 200, 8
	last := make([]int, many)
	for sender := range many {
		all.Go(func() {
			for i := range each {
				b.post(func() {
					if last[sender] != i {
						t.Errorf("command %d of sender %d came as number %d", i, sender, last[sender])
					}
					last[sender]++
				})
			}
		})
	}
	finished := make(chan struct{})
	go func() { all.Wait(); close(finished) }()
	for executed := 0; executed < each*many; {
		<-b.ready
		for _, do := range b.take() {
			do()
			executed++
		}
	}
	<-finished
}
