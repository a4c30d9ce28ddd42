package monitor

import (
	"fmt"
	"testing"
	"time"

	"postern/internal/event"
	"postern/views/camera"
)

// noon is the "now" of every golden page.
var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

func TestTheWallShowsTheSilentAndTheNewestAndHoldsStill(t *testing.T) {
	var all []camera.Camera
	for i := range 100 {
		all = append(all, camera.Camera{ID: fmt.Sprintf("cam-%03d", i), Last: noon.Add(-time.Duration(i) * time.Minute), State: downFor(i),
			Since: noon, LastType: event.FaceMatched})
	}
	tiles := shownTiles(all)
	if len(tiles) != MaxTiles || tiles[0].ID != "cam-003" || tiles[1].ID != "cam-099" || tiles[2].ID != "cam-000" ||
		tiles[59].ID != "cam-058" {
		t.Errorf("%d tiles: %v", len(tiles), tiles)
	}
	// A camera that sends an event keeps its place.
	all[50].Last = noon.Add(time.Minute)
	for i, tile := range shownTiles(all) {
		if tile.ID != tiles[i].ID {
			t.Fatalf("place %d went from %s to %s", i, tiles[i].ID, tile.ID)
		}
	}
	if all[0].ID != "cam-000" || all[3].ID != "cam-003" {
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
