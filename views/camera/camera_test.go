package camera

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"
)

// noon is the "now" of every golden page.
var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

func TestCamerasThatAreDownComeFirst(t *testing.T) {
	states := map[int]State{3: Quiet, 5: Unknown, 7: Silent, 11: Offline, 29: Silent}
	var cameras []Camera
	for i := range 30 {
		at := noon.Add(time.Duration(i) * time.Minute)
		cameras = append(cameras, Camera{ID: fmt.Sprintf("cam-%02d", i), State: cmp.Or(states[i], Live), Last: at, Since: at})
	}
	shown := First(cameras)
	var names []string
	for _, c := range shown[:6] {
		names = append(names, c.ID)
	}
	if len(shown) != maxFirst || strings.Join(names, " ") != "cam-11 cam-29 cam-07 cam-05 cam-03 cam-00" {
		t.Errorf("%d are shown, first %v", len(shown), names)
	}
	if got, want := Summary(cameras), "25 live, 1 quiet, 1 not known yet, 2 silent, 1 offline"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
