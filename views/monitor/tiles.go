package monitor

import (
	"cmp"
	"slices"
	"strings"

	"postern/internal/event"
	"postern/views/camera"
)

// shownTiles are the cameras that a monitor has room for: those that are down
// and those heard from last. They stand by name, since what is read from afar
// must hold still, the offline and silent ones first.
func shownTiles(all []camera.Camera) []camera.Camera {
	tiles := slices.Clone(all)
	// Only what is down stands apart: a tile must not move as its camera speaks.
	rank := func(c camera.Camera) int {
		if c.Down() {
			return c.Rank()
		}
		return len(camera.States)
	}
	slices.SortFunc(tiles, func(a, b camera.Camera) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), b.Last.Compare(a.Last), strings.Compare(a.Name, b.Name))
	})
	tiles = tiles[:min(len(tiles), MaxTiles)]
	slices.SortFunc(tiles, func(a, b camera.Camera) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Name, b.Name))
	})
	return tiles
}

// tilesClass sizes the tiles by how many there are.
func tilesClass(n int) string {
	switch {
	case n <= 12:
		return "few"
	case n <= 28:
		return "some"
	default:
		return "many"
	}
}

// downTiles counts the cameras that are offline or silent.
func downTiles(tiles []camera.Camera) int64 {
	return camera.CountState(tiles, camera.Offline) + camera.CountState(tiles, camera.Silent)
}

// tileMeaning is what a tile's colour says: the camera's state where that isn't
// live, else its newest event.
func tileMeaning(c camera.Camera) event.Meaning {
	if c.State == camera.Live {
		return c.LastType.Info().Meaning
	}
	return c.Meaning()
}
