//go:build !race

package journal

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
		// Seven for the values of a row, which the driver takes as pointers,
		// and about 18 for a commit with one statement; more statements share
		// their lists among up to 32 rows. Recorded: 25, 7.88, 7.51, 7.43.
		{1, 25}, {24, 8}, {100, 7.6}, {500, 7.5},
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
