package views

import (
	"fmt"
	"testing"
	"time"

	"postern/internal/event"
)

func TestTheWallShowsTheSilentAndTheNewestAndHoldsStill(t *testing.T) {
	var all []Camera
	for i := range 100 {
		all = append(all, Camera{Name: fmt.Sprintf("cam-%03d", i), Last: noon.Add(-time.Duration(i) * time.Minute), State: downFor(i), Since: noon, LastType: event.FaceMatched})
	}
	tiles := shownTiles(all)
	if len(tiles) != MonitorTiles || tiles[0].Name != "cam-003" || tiles[1].Name != "cam-099" || tiles[2].Name != "cam-000" || tiles[59].Name != "cam-058" {
		t.Errorf("%d tiles: %v", len(tiles), tiles)
	}
	// Whoever is heard from next doesn't change place.
	all[50].Last = noon.Add(time.Minute)
	for i, tile := range shownTiles(all) {
		if tile.Name != tiles[i].Name {
			t.Fatalf("place %d went from %s to %s", i, tiles[i].Name, tile.Name)
		}
	}
	if all[0].Name != "cam-000" || all[3].Name != "cam-003" {
		t.Error("the cameras that were given are in another order")
	}
}

// downFor gives a few of many cameras another state than the rest.
func downFor(i int) CameraState {
	switch i {
	case 3, 99:
		return CameraSilent
	default:
		return CameraLive
	}
}
