package monitor

import (
	"cmp"
	"slices"
	"strings"

	"postern/internal/event"
	"postern/views/camera"
)

// shownTiles returns the cameras that fit on a monitor: those that are down, and those
// with the newest events. They are sorted by name, because a tile that is read from
// afar must keep its place; offline and silent cameras come first.
func shownTiles(all []camera.Camera) []camera.Camera {
	tiles := slices.Clone(all)
	// Only cameras that are down are set apart: a tile must not move when its camera
	// sends an event.
	rank := func(c camera.Camera) int {
		if c.Down() {
			return c.Rank()
		}
		return len(camera.States)
	}
	slices.SortFunc(tiles, func(a, b camera.Camera) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), b.Last.Compare(a.Last), strings.Compare(a.ID, b.ID))
	})
	tiles = tiles[:min(len(tiles), MaxTiles)]
	slices.SortFunc(tiles, func(a, b camera.Camera) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.ID, b.ID))
	})
	return tiles
}

// tilesClass sizes the tiles by their number.
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

// tileMeaning is the meaning behind a tile's colour: the camera's state if it isn't
// live, else its newest event's.
func tileMeaning(c camera.Camera) event.Meaning {
	if c.State == camera.Live {
		return c.LastType.Info().Meaning
	}
	return c.Meaning()
}
