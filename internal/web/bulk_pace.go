package web

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// bulkReader is a kind of reader of much history. Kinds take turns, so that a
// thousand streams leave an export its share.
type bulkReader int

const (
	exportReader bulkReader = iota
	streamReader
	bulkReaders // the number of kinds
)

const (
	// maxBulkSlots is the number of bulk reads at once on any machine: the other
	// connections to the store stay free for pages and deliveries.
	maxBulkSlots = 2
	// ingestPause is the time without a new event after which bulk reads use
	// all of their slots' time.
	ingestPause = time.Second
)

// bulkPace limits the processor time of bulk reads: exports, and streams that
// read what is no longer in memory. All of them together use one processor
// less than there are. While events arrive, each slot rests after a read for
// as long as the read took. Otherwise the readers would keep every processor
// busy, and a producer's request would wait behind all of them.
type bulkPace struct {
	head func() int64 // of the log

	mu      sync.Mutex
	free    int // slots
	waiting [bulkReaders][]chan struct{}
	turn    bulkReader // has got the newest slot

	seen   int64     // the newest head
	seenAt time.Time // when it was new
}

func newBulkPace(head func() int64) *bulkPace {
	return &bulkPace{head: head, free: min(max(1, runtime.GOMAXPROCS(0)-1), maxBulkSlots), seen: head()}
}

// read calls do once there is a slot. It fails where ctx ends before.
func (p *bulkPace) read(ctx context.Context, kind bulkReader, do func() error) error {
	if err := p.enter(ctx, kind); err != nil {
		return err
	}
	began := time.Now()
	defer func() { p.leave(began, time.Now()) }()
	return do()
}

// enter waits for a slot.
func (p *bulkPace) enter(ctx context.Context, kind bulkReader) error {
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

// leave gives the slot back, after a rest while events arrive.
func (p *bulkPace) leave(began, ended time.Time) {
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
func (p *bulkPace) hand() {
	for range bulkReaders {
		p.turn = (p.turn + 1) % bulkReaders
		if queue := p.waiting[p.turn]; len(queue) > 0 {
			close(queue[0])
			queue[0], p.waiting[p.turn] = nil, queue[1:]
			return
		}
	}
	p.free++
}
