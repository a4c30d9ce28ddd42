package store

import (
	"cmp"
	"slices"

	"postern/internal/event"
)

// cell is how many events of one type one camera sent in some time.
type cell struct {
	camera uint32 // its number in cameras; noCamera for none
	kind   event.Type
	n      uint32
}

func (c cell) key() cellKey { return cellKey{c.camera, c.kind} }

type cellKey struct {
	camera uint32
	kind   event.Type
}

func (k cellKey) compare(other cellKey) int { return cmp.Compare(k.order(), other.order()) }
func (k cellKey) order() uint64             { return uint64(k.camera)<<8 | uint64(k.kind) }

// noCamera is the number of what has no camera.
const noCamera = 0

// tally is the cells of one minute or hour, sorted by key.
type tally struct {
	at    int64 // Unix minute or hour
	cells []cell
}

// merge adds up two sorted lists of cells into a new one.
func merge(a, b []cell) []cell {
	out := make([]cell, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch order := a[0].key().compare(b[0].key()); {
		case order < 0:
			out, a = append(out, a[0]), a[1:]
		case order > 0:
			out, b = append(out, b[0]), b[1:]
		default:
			sum := a[0]
			sum.n += b[0].n
			out, a, b = append(out, sum), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// subtract takes cells that were merged into all out of it again.
func subtract(all, cells []cell) []cell {
	less := make(map[cellKey]uint32, len(cells))
	for _, c := range cells {
		less[c.key()] = c.n
	}
	out := all[:0:0]
	for _, c := range all {
		if c.n -= min(c.n, less[c.key()]); c.n > 0 {
			out = append(out, c)
		}
	}
	return out
}

// sorted returns the cells in order of their keys.
func sorted(counted map[cellKey]uint32) []cell {
	cells := make([]cell, 0, len(counted))
	for k, n := range counted {
		cells = append(cells, cell{k.camera, k.kind, n})
	}
	slices.SortFunc(cells, func(a, b cell) int { return a.key().compare(b.key()) })
	return cells
}
