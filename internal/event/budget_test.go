//go:build !race

package event_test

import (
	"testing"

	"postern/internal/event"
)

// Allocations don't depend on the machine, so that these hold what reading
// events costs. The race detector makes its own, and drops what is pooled.

func TestBudgetDecode(t *testing.T) {
	for name, c := range map[string]struct {
		body   []byte
		budget float64
	}{
		// The event, its JSON, its id, the answer.
		"one event": {[]byte(typical), 4},
		// As many but for the id's, which is short; white space in data is
		// taken out in a buffer that is kept.
		"with white space": {[]byte(with("data", `{ "a": [1, 2] }`, "id", `"1"`, "timestamp", `"2026-03-19T10:32:15Z"`)), 3},
		// Four each, of which one is for the randomness of an id that is
		// made, and one list.
		"100 lines": {lines(100), 401},
	} {
		t.Run(name, func(t *testing.T) {
			n := testing.AllocsPerRun(200, func() {
				if _, err := event.Decode(c.body, now); err != nil {
					t.Error(err)
				}
			})
			if n > c.budget {
				t.Errorf("%v allocations, the budget is %v", n, c.budget)
			}
		})
	}
}
