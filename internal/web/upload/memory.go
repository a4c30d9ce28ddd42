package upload

import (
	"errors"
	"sync"
	"time"

	"postern/internal/memory"
	"postern/internal/problem"
)

// ownShare is the part of the budget that one principal's images may take together.
const ownShare = 2

// errImagesFull says that too many images are checked at once.
var errImagesFull = &problem.Error{
	Code:       problem.Unavailable,
	Detail:     "Many snapshots are being checked, and the memory for more is taken. Send this one again in a moment.",
	RetryAfter: time.Second,
	Cause:      errors.New("the memory for checking snapshots is taken"),
}

// Memory bounds the memory of images that are decoded to check them: in all, and of
// each principal, so that one camera never keeps the others from sending theirs.
type Memory struct {
	budget *memory.Budget // nil has no bound

	mu   sync.Mutex
	used map[string]int64 // by principal
}

// NewMemory returns the memory within a budget; nil has no bound.
func NewMemory(budget *memory.Budget) *Memory {
	return &Memory{budget: budget, used: make(map[string]int64)}
}

// Reserve returns the function that snapshot.Clean calls for a principal's image.
func (m *Memory) Reserve(principal string) func(bytes int64) (release func(), err error) {
	return func(bytes int64) (func(), error) {
		if most := m.budget.Most(); most > 0 && bytes > most {
			return nil, problem.New(problem.TooLarge, "Checking this snapshot takes %d MiB of memory, and this Postern has %d MiB for that. "+
				"Send an image with fewer pixels, or one that isn't progressive or interlaced.", bytes>>20, most>>20)
		}
		if !m.take(principal, bytes) {
			return nil, errImagesFull
		}
		return func() { m.give(principal, bytes) }, nil
	}
}

func (m *Memory) take(principal string, bytes int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	used := m.used[principal]
	if used > 0 && m.budget.Most() > 0 && used+bytes > m.budget.Most()/ownShare || !m.budget.Take(bytes) {
		return false
	}
	m.used[principal] = used + bytes
	return true
}

func (m *Memory) give(principal string, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.budget.Give(bytes)
	if m.used[principal] -= bytes; m.used[principal] == 0 {
		delete(m.used, principal)
	}
}
