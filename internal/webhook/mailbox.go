package webhook

import "sync"

// mailbox brings orders to a lane, which carries them out in its own
// goroutine, in the order they came. Whoever orders never waits.
type mailbox struct {
	ready chan struct{} // capacity 1: there may be orders
	ended chan struct{} // closed once no order is carried out any more

	mu     sync.Mutex
	orders []func()
	closed bool
}

func newMailbox() *mailbox {
	return &mailbox{ready: make(chan struct{}, 1), ended: make(chan struct{})}
}

// order leaves an order. It reports false when the lane has ended.
func (m *mailbox) order(do func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.orders = append(m.orders, do)
	select {
	case m.ready <- struct{}{}:
	default:
	}
	return true
}

// take empties the box.
func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	orders := m.orders
	m.orders = nil
	return orders
}

// close refuses further orders; those that wait are dropped.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.orders = true, nil
	close(m.ended)
}
