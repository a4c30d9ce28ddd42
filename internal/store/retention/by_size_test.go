package retention

import "testing"

// A step is larger where many bytes are in excess, but never removes more than these.
func TestStepEvents_grows_with_the_excess(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ size, bound, events, want int64 }{
		{1 << 30, 2 << 30, 1_000_000, StepRows},               // no event is in excess
		{1 << 30, 1 << 30, 1_000_000, StepRows},               // the bound is just reached
		{1<<30 + 32<<20, 1 << 30, 5000, StepRows},             // 200 KiB each: 151 are in excess
		{2 << 30, 1 << 30, 1_000_000, 4 * StepRows},           // far too much
		{900 << 10, 600 << 10, 1500, StepRows},                // 500 are in excess
		{1 << 30, 700 << 20, 3 * StepRows, StepRows},          // nearly one step's worth
		{1 << 30, 512 << 20, 6 * StepRows, 3 * StepRows},      // half of the log
		{1 << 40, 1 << 30, 1 << 40, 4 * StepRows},             // very many
		{0, 1 << 30, 0, StepRows}, {1 << 30, 0, 10, StepRows}, // no event, no bound
	} {
		if got := stepEvents(tc.size, tc.bound, tc.events); got != tc.want {
			t.Errorf("%d of %d bytes, %d events: a step of %d, want %d", tc.size, tc.bound, tc.events, got, tc.want)
		}
	}
}
