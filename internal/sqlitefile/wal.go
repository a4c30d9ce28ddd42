package sqlitefile

import (
	"encoding/binary"
	"maps"
)

const (
	walHeaderSize   = 32
	frameHeaderSize = 24
)

// oldSalts is how many generations back a frame of the write-ahead log counts as
// left over, and not as damaged: each begins with the next salt.
const oldSalts = 1 << 20

// walHeader is what the header of a write-ahead log says.
type walHeader struct {
	order binary.ByteOrder // of the checksums
	salts [2]uint32
	sum   [2]uint32
}

// readWALHeader reads the header of the write-ahead log. It reports false where
// that is damaged; then the log's first frame says what it lacks.
func (f *File) readWALHeader() (h walHeader, whole bool) {
	b := make([]byte, walHeaderSize)
	if n, _ := f.log.ReadAt(b, 0); n == 0 {
		return h, true // it is empty
	}
	magic := binary.BigEndian.Uint32(b)
	h = walHeader{walOrder(magic), pair(b[16:]), pair(b[24:])}
	size := int(binary.BigEndian.Uint32(b[8:]))
	whole = magic&^1 == 0x377f0682 && h.sum == walSum(h.order, [2]uint32{}, b[:24])
	if whole && f.pageSize == 0 && size >= 512 && size <= 1<<16 && size&(size-1) == 0 {
		f.pageSize = size
	}
	if whole && size == f.pageSize {
		return h, true
	}
	first := make([]byte, frameHeaderSize)
	_, _ = f.log.ReadAt(first, walHeaderSize) // one that can't be read fits no frame
	h.order, h.salts = binary.LittleEndian, pair(first[8:])
	return h, false
}

// readFrames finds the newest content of each page in the write-ahead log, up to
// its last commit. SQLite ignores everything after the first frame that is
// damaged; here the frames after it count too, since each of them can be told by
// the checksum of the one before it.
func (f *File) readFrames(h walHeader, known bool) {
	f.usable = f.pageSize // what is reserved isn't known yet
	frame := make([]byte, frameHeaderSize+f.pageSize)
	commit := make(map[uint32]int64)
	most := f.pages // a page has room in the database, or a frame
	for at := int64(walHeaderSize); ; at += int64(len(frame)) {
		n, _ := f.log.ReadAt(frame, at)
		if n < len(frame) {
			if n >= frameHeaderSize && pair(frame[8:]) == h.salts {
				f.walWhole = false // it was cut off
			}
			return
		}
		number, size := binary.BigEndian.Uint32(frame), binary.BigEndian.Uint32(frame[4:])
		most = min(most+1, maxPages)
		if pair(frame[8:]) != h.salts {
			if h.salts[0]-binary.BigEndian.Uint32(frame[8:]) > oldSalts {
				f.walWhole = false
			}
			known = false
			continue
		}
		sum := pair(frame[16:])
		right := known && walSum(h.order, walSum(h.order, h.sum, frame[:8]), frame[frameHeaderSize:]) == sum
		f.walWhole = f.walWhole && (right || !known)
		if right || !known && number > 1 && number <= most && f.kindOf(frame[frameHeaderSize:], number) != other {
			commit[number] = at + frameHeaderSize
		}
		h.sum, known = sum, true
		if size != 0 && len(commit) > 0 {
			maps.Copy(f.frames, commit)
			for number := range commit {
				f.pages = max(f.pages, number)
			}
			clear(commit)
		}
	}
}

// walOrder is the byte order of the checksums.
func walOrder(magic uint32) binary.ByteOrder {
	if magic&1 == 1 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func pair(b []byte) [2]uint32 {
	return [2]uint32{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}

// walSum continues a checksum of the write-ahead log.
func walSum(order binary.ByteOrder, sum [2]uint32, b []byte) [2]uint32 {
	for ; len(b) >= 8; b = b[8:] {
		sum[0] += order.Uint32(b) + sum[1]
		sum[1] += order.Uint32(b[4:]) + sum[0]
	}
	return sum
}
