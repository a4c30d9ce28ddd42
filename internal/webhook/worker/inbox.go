package worker

import "sync"

// inbox brings commands to a worker, which executes them in its own goroutine,
// in order. post never blocks.
type inbox struct {
	ready chan struct{} // capacity 1: there may be commands
	ended chan struct{} // closed once no command is executed any more

	mu       sync.Mutex
	commands []func()
	closed   bool
}

func newInbox() *inbox {
	return &inbox{ready: make(chan struct{}, 1), ended: make(chan struct{})}
}

// post adds a command. It reports false if the worker has stopped.
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

// take takes all commands out of the inbox.
func (b *inbox) take() []func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	commands := b.commands
	b.commands = nil
	return commands
}

// close refuses further commands, and drops those that wait.
func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.commands = true, nil
	close(b.ended)
}
