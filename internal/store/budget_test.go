//go:build !race

package store

import (
	"context"
	"testing"

	"postern/internal/event"
)

// Allocations don't depend on the machine, so that this holds what an append
// costs. The race detector makes its own.

func TestBudgetAppend(t *testing.T) {
	for _, c := range []struct {
		size   int
		budget float64 // for each event
	}{
		// Eight for the values of a row, its checksum among them, which the
		// driver takes as pointers, and about 18 for a commit with one
		// statement; more statements share their lists among up to 32 rows. Three
		// of ten events are alerts: about two for the cause of each.
		// Recorded: 26, 9.79, 9.19, 9.10.
		{1, 26}, {24, 9.9}, {100, 9.3}, {500, 9.2},
	} {
		const runs = 20
		j := open(t)
		var groups [][]*event.Batch
		for range runs + 1 { // one to warm up
			events := make([]*event.Event, c.size)
			for i := range events {
				events[i] = typical(i)
			}
			groups = append(groups, []*event.Batch{{Events: events}})
		}
		n := testing.AllocsPerRun(runs, func() {
			if err := j.Append(context.Background(), groups[0]); err != nil {
				t.Error(err)
			}
			groups = groups[1:]
		}) / float64(c.size)
		if n > c.budget {
			t.Errorf("%.2f allocations for each of %d events, the budget is %v", n, c.size, c.budget)
		}
	}
}
