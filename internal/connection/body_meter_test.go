package connection

import (
	"sync"
	"testing"

	"postern/internal/memory"
)

// A connection may be closed while something is being read from it.
func TestMeter_gives_back_what_is_read_as_it_is_closed(t *testing.T) {
	t.Parallel()
	for range 200 {
		budget := memory.NewBudget(64 << 20)
		m := &meter{budget: budget}
		var closing sync.WaitGroup
		closing.Go(m.end)
		m.count(4 << 20)
		closing.Wait()
		if m.count(4 << 20); budget.Used() != 0 {
			t.Fatalf("%d bytes stay taken", budget.Used())
		}
	}
}
