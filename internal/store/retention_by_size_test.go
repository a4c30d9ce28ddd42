package store

import "testing"

// A step is larger where much has to go. Beyond a small step it never removes
// more than the excess.
func TestRetainStepOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ size, bound, events, want int64 }{
		{1 << 30, 2 << 30, 1_000_000, retainRows},                 // nothing has to go but by age
		{1 << 30, 1 << 30, 1_000_000, retainRows},                 // the bound is just reached
		{1<<30 + 32<<20, 1 << 30, 5000, retainRows},               // 200 KiB each: 151 are in excess
		{2 << 30, 1 << 30, 1_000_000, 4 * retainRows},             // far too much
		{900 << 10, 600 << 10, 1500, retainRows},                  // 500 are in excess
		{1 << 30, 700 << 20, 3 * retainRows, retainRows},          // nearly one step's worth
		{1 << 30, 512 << 20, 6 * retainRows, 3 * retainRows},      // half of the log
		{1 << 40, 1 << 30, 1 << 40, 4 * retainRows},               // very many
		{0, 1 << 30, 0, retainRows}, {1 << 30, 0, 10, retainRows}, // no event, no bound
	} {
		if got := eventsAStep(tc.size, tc.bound, tc.events); got != tc.want {
			t.Errorf("%d of %d bytes, %d events: a step of %d, want %d", tc.size, tc.bound, tc.events, got, tc.want)
		}
	}
}
