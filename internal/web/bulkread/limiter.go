// Package bulkread limits the processor time of readers of much history:
// exports, and streams whose position is no longer in memory. It keeps the
// store's connections and the processors free for producers, pages and
// deliveries.
package bulkread

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Kind is a kind of reader. Kinds take turns, so that a
// thousand streams leave an export its share.
type Kind int

// The kinds of readers.
const (
	Export Kind = iota
	Stream
	kinds // their number
)

const (
	// maxSlots is the number of bulk reads at once on any machine: the other
	// connections to the store stay free for pages and deliveries.
	maxSlots = 2
	// ingestPause is the time without a new event after which bulk reads use
	// all of their slots' time.
	ingestPause = time.Second
)

// Limiter gives bulk reads their slots. There is one slot less than processors.
// While events arrive, a slot stays unused after a read for as long as the read
// took. Otherwise the readers would keep every processor busy, and producers'
// requests would wait behind all of them.
type Limiter struct {
	head func() int64 // of the log

	mu      sync.Mutex
	free    int // slots
	waiting [kinds][]chan struct{}
	turn    Kind // the kind that got the newest slot

	seen   int64     // the newest head
	seenAt time.Time // when it was new
}

// New returns a limiter. head returns the newest sequence number.
func New(head func() int64) *Limiter {
	return &Limiter{head: head, free: min(max(1, runtime.GOMAXPROCS(0)-1), maxSlots), seen: head()}
}

// Do calls do once there is a slot. It fails where ctx ends before.
func (p *Limiter) Do(ctx context.Context, kind Kind, do func() error) error {
	if err := p.enter(ctx, kind); err != nil {
		return err
	}
	began := time.Now()
	defer func() { p.leave(began, time.Now()) }()
	return do()
}

// Free returns how many slots are free.
func (p *Limiter) Free() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.free
}

// Waiting returns how many readers of a kind wait for a slot.
func (p *Limiter) Waiting(kind Kind) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting[kind])
}

// enter waits for a slot.
func (p *Limiter) enter(ctx context.Context, kind Kind) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	if p.free > 0 {
		p.free--
		p.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	p.waiting[kind] = append(p.waiting[kind], mine)
	p.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, one := range p.waiting[kind] {
		if one == mine {
			p.waiting[kind] = append(p.waiting[kind][:i], p.waiting[kind][i+1:]...)
			return ctx.Err()
		}
	}
	p.hand() // the slot was given meanwhile
	return ctx.Err()
}

// leave gives the slot back; while events arrive, after a pause.
func (p *Limiter) leave(began, ended time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if head := p.head(); head != p.seen {
		p.seen, p.seenAt = head, ended
	}
	if ended.Sub(p.seenAt) > ingestPause {
		p.hand()
		return
	}
	time.AfterFunc(ended.Sub(began), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.hand()
	})
}

// hand gives a slot to the next reader. The caller holds mu.
func (p *Limiter) hand() {
	for range kinds {
		p.turn = (p.turn + 1) % kinds
		if queue := p.waiting[p.turn]; len(queue) > 0 {
			close(queue[0])
			queue[0], p.waiting[p.turn] = nil, queue[1:]
			return
		}
	}
	p.free++
}
