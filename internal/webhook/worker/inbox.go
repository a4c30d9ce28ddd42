package worker

import "sync"

// mailbox brings orders to a lane, which carries them out in its own
// goroutine, in the order they came. Whoever orders never waits.
type inbox struct {
	ready chan struct{} // capacity 1: there may be orders
	ended chan struct{} // closed once no order is carried out any more

	mu       sync.Mutex
	commands []func()
	closed   bool
}

func newInbox() *inbox {
	return &inbox{ready: make(chan struct{}, 1), ended: make(chan struct{})}
}

// order leaves an order. It reports false when the lane has ended.
func (b *inbox) post(do func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.commands = append(b.commands, do)
	select {
	case b.ready <- struct{}{}:
	default:
	}
	return true
}

// take empties the box.
func (b *inbox) take() []func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	orders := b.commands
	b.commands = nil
	return orders
}

// close refuses further orders; those that wait are dropped.
func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.commands = true, nil
	close(b.ended)
}
