package views

import (
	"slices"
	"time"

	"postern/internal/event"
)

// Camera is what is known of a camera.
type Camera struct {
	Name     string
	Last     time.Time // when its newest event arrived
	LastType event.Type
	Day      int // events of the last 24 hours
	// Silent says that its newest event is unusually long ago.
	Silent bool
}

func (c Camera) meaning() event.Meaning {
	if c.Silent {
		return event.Attention
	}
	return event.Confirmed
}

// camerasShown is how many cameras the overview has room for.
const camerasShown = 24

// firstCameras returns those that are silent, the latest to fall silent
// first, then the others by name.
func firstCameras(cameras []Camera) []Camera {
	sorted := slices.Clone(cameras)
	slices.SortStableFunc(sorted, func(a, b Camera) int {
		switch {
		case a.Silent && b.Silent:
			return b.Last.Compare(a.Last)
		case a.Silent:
			return -1
		case b.Silent:
			return 1
		}
		return 0
	})
	return sorted[:min(len(sorted), camerasShown)]
}

func silent(cameras []Camera) (n int64) {
	for _, c := range cameras {
		if c.Silent {
			n++
		}
	}
	return n
}

func camerasInWords(cameras []Camera) string {
	words := Count(int64(len(cameras))-silent(cameras)) + " heard from"
	if n := silent(cameras); n > 0 {
		words += ", " + Count(n) + " silent"
	}
	if n := len(cameras); n > camerasShown {
		words += "; " + Count(camerasShown) + " shown"
	}
	return words
}
