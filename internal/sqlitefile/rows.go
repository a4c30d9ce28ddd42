package sqlitefile

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"
)

// Row is one row of a table, or one entry of an index.
type Row struct {
	Page  uint32
	RowID int64 // zero in an index, and in a table without rowids
	// Values are nil, int64, float64, string or []byte each. They are nil where
	// the row isn't well formed.
	Values []any
}

// Rows calls each with the rows of the trees that belong says, in the order of
// the pages they are on. A tree is named by the page it begins with; that of a page
// of which nobody knows where it belongs is another number. An error of each ends
// it.
func (f *File) Rows(ctx context.Context, belong func(root uint32) bool, each func(Row) error) error {
	for n := uint32(1); n <= f.pages; n++ {
		k := f.kinds[n]
		if k == other || k == interiorTable || !belong(f.roots[n]) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		b, ok := f.page(n)
		if !ok {
			continue
		}
		first := k.cellsAt(n)
		for i := range int(binary.BigEndian.Uint16(b[headerAt(n)+3:])) {
			row := Row{Page: n}
			at := int(binary.BigEndian.Uint16(b[first+2*i:]))
			row.RowID, row.Values = f.cell(b, k, at)
			if err := each(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// cell reads a row; its values are nil where it isn't well formed.
func (f *File) cell(b []byte, k kind, at int) (rowid int64, values []any) {
	if k == interiorIndex {
		at += 4
	}
	size, n := varint(b[at:f.usable])
	if at += n; n == 0 || size < 1 || size > int64(f.pages)*int64(f.usable) {
		return 0, nil
	}
	if k == leafTable {
		rowid, n = varint(b[at:f.usable])
		if at += n; n == 0 {
			return 0, nil
		}
	}
	local := f.local(k, size)
	if int64(at)+local > int64(f.usable) {
		return rowid, nil
	}
	payload := b[at : at+int(local)]
	if local < size {
		if at += int(local); at+4 > f.usable {
			return rowid, nil
		}
		payload = f.overflow(payload, size, binary.BigEndian.Uint32(b[at:]))
	}
	values, err := record(payload)
	if err != nil {
		return rowid, nil
	}
	return rowid, values
}

// local is how much of a row stands on its own page.
func (f *File) local(k kind, size int64) int64 {
	u := int64(f.usable)
	most := u - 35
	if k != leafTable {
		most = (u-12)*64/255 - 23
	}
	if size <= most {
		return size
	}
	least := (u-12)*32/255 - 23
	if some := least + (size-least)%(u-4); some <= most {
		return some
	}
	return least
}

// overflow reads the rest of a row from its chain of pages; nil where the chain
// is broken.
func (f *File) overflow(begin []byte, size int64, next uint32) []byte {
	payload := append(make([]byte, 0, len(begin)+f.usable), begin...)
	seen := make(map[uint32]bool)
	for int64(len(payload)) < size {
		b, ok := f.page(next)
		if !ok || seen[next] {
			return nil
		}
		seen[next] = true
		next = binary.BigEndian.Uint32(b)
		payload = append(payload, b[4:min(int64(f.usable), 4+size-int64(len(payload)))]...)
	}
	if next != 0 {
		return nil
	}
	return payload
}

var errRecord = errors.New("not a record")

// record reads the values of a row. It must be exactly as long as it says, and its
// texts UTF-8 without zero bytes.
func record(b []byte) ([]any, error) {
	size, n := varint(b)
	if n == 0 || size < int64(n) || size > int64(len(b)) {
		return nil, errRecord
	}
	types, body := b[n:size], b[size:]
	values := make([]any, 0, 16)
	for len(types) > 0 {
		t, n := varint(types)
		if n == 0 {
			return nil, errRecord
		}
		types = types[n:]
		length := lengthOf(t)
		if length < 0 || length > int64(len(body)) {
			return nil, errRecord
		}
		v, err := value(t, body[:length])
		if err != nil {
			return nil, err
		}
		values, body = append(values, v), body[length:]
	}
	if len(body) > 0 {
		return nil, errRecord
	}
	return values, nil
}

// lengthOf is how many bytes a value of a serial type takes; negative for none
// that is.
func lengthOf(t int64) int64 {
	switch {
	case t >= 12:
		return (t - 12) / 2
	case t < 0 || t == 10 || t == 11:
		return -1
	}
	return [...]int64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}[t]
}

// value reads a value of a serial type.
func value(t int64, b []byte) (any, error) {
	switch {
	case t == 0:
		return nil, nil
	case t == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	case t == 8 || t == 9:
		return t - 8, nil
	case t < 7:
		n := int64(int8(b[0]))
		for _, c := range b[1:] {
			n = n<<8 | int64(c)
		}
		return n, nil
	case t%2 == 0:
		return append([]byte{}, b...), nil
	}
	for _, c := range b {
		if c == 0 {
			return nil, errRecord
		}
	}
	if !utf8.Valid(b) {
		return nil, errRecord
	}
	return string(b), nil
}
