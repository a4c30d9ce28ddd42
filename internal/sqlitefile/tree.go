package sqlitefile

import (
	"context"
	"encoding/binary"
)

// pointer types of the pointer map.
const (
	pointerRoot      = 1
	pointerFree      = 2
	pointerOverflow  = 3
	pointerOverflow2 = 4
	pointerTree      = 5
)

// maxDepth is how many pages lie above each other at most: SQLite allows 20.
const maxDepth = 40

// pointer is an entry of the pointer map: what a page is, and the page that names
// it.
type pointer struct {
	what   byte
	parent uint32
}

// connect finds out which tree each page belongs to.
func (f *File) connect(ctx context.Context, progress func(done, of uint32)) error {
	f.kinds = make([]kind, f.pages+1)
	parents := make([]uint32, f.pages+1)
	pointers := f.pointerMap()
	beyond := make(map[uint32]int) // pages that the files don't have, by who names them
	for n := uint32(1); n <= f.pages; n++ {
		if n%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if progress != nil {
				progress(n, f.pages)
			}
		}
		b, ok := f.page(n)
		if !ok || f.isPointerMap(n) || pointers[n].what == pointerFree || pointers[n].what == pointerOverflow ||
			pointers[n].what == pointerOverflow2 {
			continue
		}
		k := f.kindOf(b, n)
		f.kinds[n] = k
		if !k.interior() {
			continue
		}
		f.children(b, n, k, func(child uint32) {
			switch {
			case child > f.pages:
				beyond[n]++
			case child > 1 && (parents[child] == 0 || pointers[child] == pointer{pointerTree, n}):
				parents[child] = n
			}
		})
	}
	f.roots = make([]uint32, f.pages+1)
	for n := uint32(1); n <= f.pages; n++ {
		f.roots[n] = rootOf(n, parents, pointers)
		// A page that a tree has here and that isn't well formed is lost.
		if f.kinds[n] == other && (parents[n] != 0 || pointers[n].what == pointerRoot || pointers[n].what == pointerTree) {
			f.lost[f.roots[n]]++
		}
	}
	for n, pages := range beyond {
		f.lost[f.roots[n]] += pages
	}
	for n := uint32(3); n <= f.pages && pointers[n].what == pointerRoot; n++ {
		f.firsts++
	}
	return nil
}

// rootOf goes up from a page to where its tree begins, or as far as it can.
func rootOf(n uint32, parents []uint32, pointers []pointer) uint32 {
	for range maxDepth {
		up := parents[n]
		if up == 0 && pointers[n].what == pointerTree {
			up = pointers[n].parent
		}
		if up == 0 {
			return n
		}
		if int(up) >= len(parents) { // it was cut off
			return 0
		}
		n = up
	}
	return 0
}

// isPointerMap reports whether a page is one of the pointer map's.
func (f *File) isPointerMap(n uint32) bool {
	return f.vacuums() && n >= 2 && f.mapOf(n) == n
}

// vacuums reports whether the database has a pointer map. One whose header can't
// be read is taken to have one: what isn't a map isn't taken for one.
func (f *File) vacuums() bool {
	return f.header == nil || f.header[52]|f.header[53]|f.header[54]|f.header[55] != 0
}

// mapOf returns the page of the pointer map that tells of a page.
func (f *File) mapOf(n uint32) uint32 {
	each := uint32(f.usable/5 + 1)
	m := (n-2)/each*each + 2
	if m == f.lockPage() {
		m++
	}
	return m
}

// lockPage is the page that SQLite's locks lie on, and that has no content.
func (f *File) lockPage() uint32 { return uint32(1<<30/f.pageSize) + 1 }

// pointerMap reads the pointer map. A page of it that can't be right says
// nothing.
func (f *File) pointerMap() []pointer {
	pointers := make([]pointer, f.pages+1)
	last := f.pages // also of a file that was cut off
	if f.header != nil {
		last = max(last, binary.BigEndian.Uint32(f.header[28:]))
	}
	if !f.vacuums() {
		return pointers
	}
	for m := uint32(2); m <= f.pages; m = f.mapOf(m + uint32(f.usable/5+1)) {
		b, ok := f.page(m)
		for i := uint32(0); ok && i < uint32(f.usable/5); i++ {
			n := m + 1 + i
			if n > f.pages {
				break
			}
			entry := b[5*i : 5*i+5]
			p := pointer{entry[0], binary.BigEndian.Uint32(entry[1:])}
			if n == f.lockPage() {
				continue
			}
			if ok = p.what >= pointerRoot && p.what <= pointerTree && p.parent <= last && (p.what <= pointerFree) == (p.parent == 0); ok {
				pointers[n] = p
			}
		}
		if !ok {
			clear(pointers[m : min(m+uint32(f.usable/5), f.pages)+1])
		}
	}
	return pointers
}
