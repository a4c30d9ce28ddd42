package database

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// scrubNeighbours is how many leaves on either side of a removed row are
// scrubbed too: SQLite spreads the rows of an emptied leaf over at most
// three.
const scrubNeighbours = 4

var errPage = errors.New("a page of the file has an unexpected layout")

// Scrub overwrites the free space between the rows of a table where some were
// removed. secure_delete overwrites the rows themselves; but SQLite then moves
// their neighbours from page to page, and leaves copies of moved rows in the free
// space between a page's index and its first row. Such a copy would outlive the
// erasure of its row. keys are the removed rows' numbers, in order. The caller
// is in the transaction that removed them.
func (tx *Tx) Scrub(ctx context.Context, table string, keys []int64) error {
	t := tree{ctx: ctx, tx: tx, inner: make(map[int64][]byte)}
	if err := tx.QueryRowContext(ctx, "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?",
		table).Scan(&t.root); err != nil {
		return err
	}
	scrubbed := make(map[int64]bool)
	visit := func(l leaf) error {
		if scrubbed[l.page] {
			return nil
		}
		scrubbed[l.page] = true
		return t.scrub(l.page)
	}
	for _, key := range keys {
		here, err := t.find(key)
		if err != nil {
			return err
		}
		if err := visit(here); err != nil {
			return err
		}
		for l, i := here, 0; i < scrubNeighbours && l.hasBefore; i++ {
			if l, err = t.find(l.before); err != nil {
				return err
			}
			if err := visit(l); err != nil {
				return err
			}
		}
		for l, i := here, 0; i < scrubNeighbours && l.hasLast; i++ {
			if l, err = t.find(l.last + 1); err != nil {
				return err
			}
			if err := visit(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// tree reads a table's pages (https://sqlite.org/fileformat.html, 1.6).
type tree struct {
	ctx   context.Context //nolint:containedctx // it lives as long as one walk
	tx    *Tx
	root  int64
	inner map[int64][]byte // pages above the leaves
}

// leaf is where rows lie whose numbers are above before and up to last.
type leaf struct {
	page               int64
	before, last       int64
	hasBefore, hasLast bool // false for the first leaf, and for the last one
}

const (
	innerPage = 5
	leafPage  = 13
)

// find returns the leaf that a row with the number lies in, or would.
func (t *tree) find(key int64) (leaf, error) {
	l := leaf{page: t.root}
	for range 20 { // no tree is so high
		b, ok := t.inner[l.page]
		if !ok {
			var err error
			if b, err = t.read(l.page); err != nil {
				return l, err
			}
			if b[0] == leafPage {
				return l, nil
			}
			t.inner[l.page] = b
		}
		if b[0] != innerPage {
			return l, errPage
		}
		cells := int(binary.BigEndian.Uint16(b[3:]))
		low, high := 0, cells // the first cell whose number is the key or above
		for low < high {
			middle := (low + high) / 2
			if _, last, err := innerCell(b, middle); err != nil {
				return l, err
			} else if last >= key {
				high = middle
			} else {
				low = middle + 1
			}
		}
		if low > 0 {
			_, before, err := innerCell(b, low-1)
			if err != nil {
				return l, err
			}
			l.before, l.hasBefore = before, true
		}
		if low == cells {
			l.page = int64(binary.BigEndian.Uint32(b[8:]))
			continue
		}
		child, last, err := innerCell(b, low)
		if err != nil {
			return l, err
		}
		l.page, l.last, l.hasLast = child, last, true
	}
	return l, errPage
}

// innerCell returns a cell's page and the highest number in there.
func innerCell(b []byte, n int) (page, last int64, err error) {
	at := 12 + 2*n
	if at+2 > len(b) {
		return 0, 0, errPage
	}
	if at = int(binary.BigEndian.Uint16(b[at:])); at+4 >= len(b) {
		return 0, 0, errPage
	}
	var v uint64
	for i, one := range b[at+4:] {
		if i == 8 {
			v = v<<8 | uint64(one)
			break
		}
		if v = v<<7 | uint64(one&0x7f); one < 0x80 {
			break
		}
	}
	return int64(binary.BigEndian.Uint32(b[at:])), int64(v), nil
}

func (t *tree) read(page int64) ([]byte, error) {
	var b []byte
	err := t.tx.QueryRowContext(t.ctx, "SELECT data FROM sqlite_dbpage WHERE pgno = ?", page).Scan(&b)
	if err == nil && (page < 2 || len(b) < 512) {
		err = errPage
	}
	if err != nil {
		return nil, fmt.Errorf("read page %d: %w", page, err)
	}
	return b, nil
}

// scrub overwrites the free space between a leaf's index and its first row.
func (t *tree) scrub(page int64) error {
	b, err := t.read(page)
	if err != nil {
		return err
	}
	from, to := 8+2*int(binary.BigEndian.Uint16(b[3:])), int(binary.BigEndian.Uint16(b[5:]))
	if to == 0 {
		to = 1 << 16
	}
	if b[0] != leafPage || from > to || to > len(b) {
		return fmt.Errorf("scrub page %d: %w", page, errPage)
	}
	dirty := false
	for _, one := range b[from:to] {
		dirty = dirty || one != 0
	}
	if !dirty {
		return nil
	}
	clear(b[from:to])
	if _, err := t.tx.ExecContext(t.ctx, "UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?", b, page); err != nil {
		return fmt.Errorf("scrub page %d: %w", page, err)
	}
	return nil
}
