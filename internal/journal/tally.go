package journal

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
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

func (k cellKey) compare(other cellKey) int {
	return cmp.Or(cmp.Compare(k.camera, other.camera), cmp.Compare(k.kind, other.kind))
}

// noCamera is the number of what has no camera.
const noCamera = 0

// tally is the cells of one minute, sorted by key.
type tally struct {
	minute int64 // Unix
	cells  []cell
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

// sighting is the newest event of a camera.
type sighting struct {
	seq      int64
	received int64 // Unix microseconds
	kind     event.Type
}

// counts is what a stretch of the log says of its events: how many arrived in
// each minute, and when each camera was last heard of. Cameras go by name,
// since their numbers are this process's own.
//
//	names     count, then each name's length and bytes
//	          and when it was last heard of: number from the stretch's first
//	          on, Unix microseconds, type
//	minutes   count, then for each the minutes since the one before, its
//	          cells' count, and for each cell its name's place (from 1; 0 for
//	          none), type and count
//
// All numbers are varints.
type counts struct {
	names   []string
	last    []sighting
	minutes []tally // cells' cameras are places in names, from 1
}

func (c *counts) encode(first int64) []byte {
	b := binary.AppendUvarint(nil, uint64(len(c.names)))
	for i, name := range c.names {
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = append(b, name...)
		b = binary.AppendUvarint(b, uint64(c.last[i].seq-first))
		b = binary.AppendUvarint(b, uint64(c.last[i].received))
		b = binary.AppendUvarint(b, uint64(c.last[i].kind))
	}
	b = binary.AppendUvarint(b, uint64(len(c.minutes)))
	before := int64(0)
	for _, m := range c.minutes {
		b = binary.AppendUvarint(b, uint64(m.minute-before))
		b = binary.AppendUvarint(b, uint64(len(m.cells)))
		for _, one := range m.cells {
			b = binary.AppendUvarint(b, uint64(one.camera))
			b = binary.AppendUvarint(b, uint64(one.kind))
			b = binary.AppendUvarint(b, uint64(one.n))
		}
		before = m.minute
	}
	return b
}

var errCounts = errors.New("the counts of a stretch are damaged")

func decodeCounts(b []byte, first int64) (*counts, error) {
	r := &varints{rest: b}
	c := new(counts)
	for range r.length() {
		c.names = append(c.names, r.text())
		c.last = append(c.last, sighting{seq: first + r.next(), received: r.next(), kind: event.Type(r.next())})
	}
	minute := int64(0)
	for range r.length() {
		minute += r.next()
		m := tally{minute: minute, cells: make([]cell, r.length())}
		for i := range m.cells {
			camera, kind, n := r.next(), r.next(), r.next()
			if camera > int64(len(c.names)) || kind >= int64(len(Counts{})) || n > math.MaxUint32 {
				return nil, errCounts
			}
			m.cells[i] = cell{camera: uint32(camera), kind: event.Type(kind), n: uint32(n)}
		}
		c.minutes = append(c.minutes, m)
	}
	if r.broken || len(r.rest) > 0 {
		return nil, errCounts
	}
	return c, nil
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
