package sqlitefile

import "encoding/binary"

// kind is what a page is by its own content.
type kind byte

// The kinds of pages, with the numbers that stand in them.
const (
	other         kind = 0 // an overflow page, a free page, the pointer map, or damaged
	interiorIndex kind = 2
	interiorTable kind = 5
	leafIndex     kind = 10
	leafTable     kind = 13
)

func (k kind) interior() bool { return k == interiorIndex || k == interiorTable }

// headerAt is where a page's header begins.
func headerAt(n uint32) int {
	if n == 1 {
		return headerSize
	}
	return 0
}

// cellsAt is where the list of a page's cells begins.
func (k kind) cellsAt(n uint32) int {
	if k.interior() {
		return headerAt(n) + 12
	}
	return headerAt(n) + 8
}

// kindOf returns what a page is; other where it isn't well formed.
func (f *File) kindOf(b []byte, n uint32) kind {
	h := b[headerAt(n):]
	k := kind(h[0])
	switch k {
	case interiorIndex, interiorTable, leafIndex, leafTable:
	default:
		return other
	}
	cells := int(binary.BigEndian.Uint16(h[3:]))
	first := k.cellsAt(n)
	content := int(binary.BigEndian.Uint16(h[5:]))
	if content == 0 {
		content = 1 << 16
	}
	if first+2*cells > content || content > f.usable || int(binary.BigEndian.Uint16(h[1:])) > f.usable-4 || h[7] > 60 ||
		k == interiorIndex && cells == 0 {
		return other
	}
	for i := range cells {
		if at := int(binary.BigEndian.Uint16(b[first+2*i:])); at < content || at > f.usable-4 {
			return other
		}
	}
	if k == leafTable || k == interiorTable { // their keys ascend
		last := int64(0)
		for i := range cells {
			key, ok := f.keyOf(b, k, int(binary.BigEndian.Uint16(b[first+2*i:])))
			if !ok || i > 0 && key <= last {
				return other
			}
			last = key
		}
	}
	return k
}

// keyOf reads the rowid of a table's cell.
func (f *File) keyOf(b []byte, k kind, at int) (int64, bool) {
	if k == interiorTable {
		at += 4
	} else {
		_, n := varint(b[at:f.usable])
		at += n
		if n == 0 {
			return 0, false
		}
	}
	if at >= f.usable {
		return 0, false
	}
	key, n := varint(b[at:f.usable])
	return key, n > 0
}

// children calls each with the pages that an interior page names.
func (f *File) children(b []byte, n uint32, k kind, each func(child uint32)) {
	h := b[headerAt(n):]
	first := k.cellsAt(n)
	for i := range int(binary.BigEndian.Uint16(h[3:])) {
		each(binary.BigEndian.Uint32(b[binary.BigEndian.Uint16(b[first+2*i:]):]))
	}
	each(binary.BigEndian.Uint32(h[8:]))
}

// varint reads a number of one to nine bytes; n is zero where it doesn't end.
func varint(b []byte) (v int64, n int) {
	for n < len(b) && n < 8 {
		v = v<<7 | int64(b[n]&0x7f)
		n++
		if b[n-1] < 0x80 {
			return v, n
		}
	}
	if n < len(b) && n == 8 {
		return v<<8 | int64(b[n]), 9
	}
	return 0, 0
}
