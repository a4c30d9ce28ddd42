package pages

import (
	"fmt"
	"testing"
	"time"
)

func TestRecordedSearchesAreForgotten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)
	var r recordedSearches
	r.add("a", now)
	if !r.has("a", now.Add(recordedTime-1)) || r.has("a", now.Add(recordedTime)) || r.has("b", now) {
		t.Error("a search isn't remembered for an hour")
	}
	for i := range 3 * maxRecorded {
		r.add(fmt.Sprint(i), now)
	}
	if len(r.at) > maxRecorded || !r.has(fmt.Sprint(3*maxRecorded-1), now) {
		t.Errorf("%d are remembered", len(r.at))
	}
}
