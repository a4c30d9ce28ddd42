package monitor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/views/camera"
)

// noon is the "now" of every golden page.
var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

func TestWall_showsTheCamerasOfEachSiteInTheirPlaces(t *testing.T) {
	var all []camera.Camera
	for i := range 400 {
		all = append(all, camera.Camera{ID: fmt.Sprintf("cam-%03d", i), Last: noon.Add(-time.Duration(i) * time.Minute), State: downFor(i),
			Site: []string{"", "Harbour", "Airport"}[i%3], Since: noon, LastType: event.FaceMatched})
	}
	all[7].OpenAlerts = 2
	w := wallOf(all)
	if !w.dense || len(w.large) != 3 || w.large[0].ID != "cam-099" && w.large[0].ID != "cam-003" || w.large[2].ID != "cam-007" || w.more != 0 {
		t.Errorf("%d are large: %v", len(w.large), w.large)
	}
	if len(w.sites) != 3 || w.sites[0].name != "Airport" || w.sites[1].name != "Harbour" || w.sites[2].title(w) != "No site" ||
		w.sites[0].cameras[0].ID != "cam-002" || len(w.sites[0].cameras)+len(w.sites[1].cameras)+len(w.sites[2].cameras) != 400 {
		t.Errorf("the sites are %v", w.sites)
	}
	// A camera that sends an event or falls silent keeps its place.
	was := w.sites[1].cameras[9].ID
	before := slices.Clone(all)
	all[40].Last = noon.Add(time.Minute)
	if !SameTiles(before, all) {
		t.Error("an event of one of many cameras changes the wall")
	}
	all[1].State = camera.Silent
	if again := wallOf(all); again.sites[1].cameras[9].ID != was || len(again.large) != 4 || SameTiles(before, all) {
		t.Errorf("the place of %s has %s", was, again.sites[1].cameras[9].ID)
	}
	for i := range all {
		all[i].OpenAlerts = 1
	}
	if w := wallOf(all); len(w.large) != maxLarge-1 || w.more != 400-maxLarge+1 || !w.large[0].Down() {
		t.Errorf("%d are large, %d more", len(w.large), w.more)
	}
}

func TestWall_hasATileForEachOfFewCameras(t *testing.T) {
	all := []camera.Camera{{ID: "b", State: camera.Live}, {ID: "a", Name: "Zoo", State: camera.Live}, {ID: "d", State: camera.Silent},
		{ID: "c", State: camera.Live}}
	w := wallOf(all)
	if w.dense || len(w.large) != 0 || len(w.sites) != 1 || w.sites[0].title(w) != "" {
		t.Fatalf("got %+v", w)
	}
	var ids []string
	for _, c := range w.sites[0].cameras {
		ids = append(ids, c.ID)
	}
	if got := strings.Join(ids, ""); got != "dabc" && got != "dbca" {
		t.Errorf("the tiles are %s", got)
	}
	if all[0].ID != "b" {
		t.Error("the cameras that were given are in another order")
	}
}

// downFor gives a few of many cameras another state than the rest.
func downFor(i int) camera.State {
	switch i {
	case 3, 99:
		return camera.Silent
	default:
		return camera.Live
	}
}
