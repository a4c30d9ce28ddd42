// Package varint reads runs of variable-length numbers and texts, as
// encoding/binary's AppendUvarint writes them.
//
// It promises never to read beyond its input: a run that is cut short, or that
// claims more than it has, gives zeros and empty texts from there on and sets
// Broken. It refuses to know what the numbers mean.
package varint

import "encoding/binary"

// Reader reads one run.
type Reader struct {
	Rest   []byte // the part that was not read yet
	Broken bool   // the run is cut short, or has a number above 1<<62
}

// Next reads a number.
func (r *Reader) Next() int64 {
	v, n := binary.Uvarint(r.Rest)
	if n <= 0 || v > 1<<62 {
		r.Rest, r.Broken = nil, true
		return 0
	}
	r.Rest = r.Rest[n:]
	return int64(v)
}

// Octet reads one byte.
func (r *Reader) Octet() byte {
	if len(r.Rest) == 0 {
		r.Broken = true
		return 0
	}
	v := r.Rest[0]
	r.Rest = r.Rest[1:]
	return v
}

// Length reads a count of elements of at least one byte each. A count of more
// elements than there are bytes breaks the run, so that a caller may allocate
// for as many.
func (r *Reader) Length() int64 {
	n := r.Next()
	if n > int64(len(r.Rest)) {
		r.Rest, r.Broken = nil, true
		return 0
	}
	return n
}

// Bytes reads a length and as many bytes. They share the run's memory.
func (r *Reader) Bytes() []byte {
	n := r.Length()
	b := r.Rest[:n]
	r.Rest = r.Rest[n:]
	return b
}

// Text reads a length and a text of as many bytes.
func (r *Reader) Text() string { return string(r.Bytes()) }
