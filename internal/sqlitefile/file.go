package sqlitefile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// defaultPageSize is SQLite's, for a file whose header can't be read.
const defaultPageSize = 4096

// headerSize is the length of the database header, with which page 1 begins.
const headerSize = 100

// maxPages is how many pages a SQLite database may have.
const maxPages = 1<<32 - 2

// File is a database and its write-ahead log. Its methods are not safe for
// concurrent use.
type File struct {
	db, log  *os.File
	pageSize int
	usable   int              // bytes of a page that are used
	pages    uint32           // that the two files have
	frames   map[uint32]int64 // where the log has a newer content of a page
	walWhole bool
	header   []byte // nil where it can't be read

	kinds  []kind   // by page number
	roots  []uint32 // by page number: the page that the tree of this page begins with
	firsts uint32   // how many pages the pointer map calls roots
	lost   map[uint32]int
}

// Open reads which pages a database has and how they are connected. A
// write-ahead log beside the file is read with it.
func Open(ctx context.Context, path string, progress func(done, of uint32)) (*File, error) {
	f := &File{frames: make(map[uint32]int64), lost: make(map[uint32]int), walWhole: true}
	err := f.open(ctx, path, progress)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// WALWhole reports whether the write-ahead log beside a database, if there is one,
// is as it was written. A power cut may leave an end that isn't, of commits that
// were never confirmed.
func WALWhole(path string) (bool, error) {
	f := &File{frames: make(map[uint32]int64), walWhole: true}
	err := f.openFiles(path)
	return f.walWhole, errors.Join(err, f.Close())
}

func (f *File) open(ctx context.Context, path string, progress func(done, of uint32)) error {
	if err := f.openFiles(path); err != nil {
		return err
	}
	f.usable = f.pageSize
	if first, ok := f.page(1); ok && pageSizeOf(first) == f.pageSize {
		f.header = bytes.Clone(first[:headerSize])
		f.usable -= int(f.header[20])
	}
	return f.connect(ctx, progress)
}

// openFiles opens the database and its log, and finds out how many pages they have.
func (f *File) openFiles(path string) (err error) {
	if f.db, err = os.Open(path); err != nil {
		return err
	}
	info, err := f.db.Stat()
	if err != nil {
		return err
	}
	start := make([]byte, headerSize)
	_, _ = f.db.ReadAt(start, 0) // what can't be read isn't a header
	f.pageSize = pageSizeOf(start)
	if f.log, err = os.Open(path + "-wal"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	whole := f.log == nil
	var header walHeader
	if !whole {
		header, whole = f.readWALHeader()
		f.walWhole = whole
	}
	if f.pageSize == 0 {
		f.pageSize = defaultPageSize
	}
	size := (info.Size() + int64(f.pageSize) - 1) / int64(f.pageSize)
	if size > maxPages {
		return fmt.Errorf("a database has %d pages at most, and this file %d", int64(maxPages), size)
	}
	f.pages = uint32(size)
	if f.log != nil {
		f.readFrames(header, whole)
	}
	return nil
}

// pageSizeOf reads a database header; zero where it is none.
func pageSizeOf(header []byte) int {
	size := int(binary.BigEndian.Uint16(header[16:]))
	if size == 1 {
		size = 1 << 16
	}
	if !bytes.HasPrefix(header, []byte("SQLite format 3\x00")) || size < 512 || size&(size-1) != 0 ||
		!bytes.Equal(header[21:24], []byte{64, 32, 32}) || header[20] > 32 {
		return 0
	}
	return size
}

// page reads a page; false where there is none, or the disk doesn't give it. What
// the file has of a page that was cut off is followed by zeros.
func (f *File) page(n uint32) ([]byte, bool) {
	if n == 0 || n > f.pages {
		return nil, false
	}
	b := make([]byte, f.pageSize)
	if at, ok := f.frames[n]; ok {
		if _, err := f.log.ReadAt(b, at); err == nil {
			return b, true
		}
	}
	read, err := f.db.ReadAt(b, int64(n-1)*int64(f.pageSize))
	clear(b[read:])
	return b, err == nil || read > 0
}

// UserVersion returns what PRAGMA user_version would; false where the header can't
// be read.
func (f *File) UserVersion() (version int, known bool) {
	if f.header == nil {
		return 0, false
	}
	return int(int32(binary.BigEndian.Uint32(f.header[60:]))), true
}

// WALWhole is WALWhole for the log of f.
func (f *File) WALWhole() bool { return f.walWhole }

// Pages returns how many pages the database has.
func (f *File) Pages() uint32 { return f.pages }

// Roots returns how many trees the pointer map names, beside that of page 1; zero
// where it can't be read.
func (f *File) Roots() uint32 { return f.firsts }

// Lost returns how many pages of a tree can't be read. Those below them may be
// readable.
func (f *File) Lost(root uint32) int {
	if n := f.lost[root]; n > 0 {
		return n
	}
	if root > f.pages || f.kinds[root] == other {
		return 1
	}
	return 0
}

// LostElsewhere returns how many pages of trees can't be read of which nobody knows
// which tree it is, known being those that are.
func (f *File) LostElsewhere(known func(root uint32) bool) (n int) {
	for root, pages := range f.lost {
		if !known(root) {
			n += pages
		}
	}
	return n
}

// Close closes the files.
func (f *File) Close() error {
	var errs []error
	for _, file := range []*os.File{f.db, f.log} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}
