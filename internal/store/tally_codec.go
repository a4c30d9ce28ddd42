package store

import (
	"encoding/binary"
	"errors"
	"math"

	"postern/internal/event"
	"postern/internal/varint"
)

// sighting is the newest event of a camera.
type sighting struct {
	seq      int64
	received int64 // Unix microseconds
	kind     event.Type
}

// counts is what a stretch of the log says of its events: how many arrived in
// each hour and minute, and when each camera was last heard of. Cameras go by
// name, since their numbers are this process's own.
type counts struct {
	names   []string
	last    []sighting
	hours   []tally // cells' cameras are places in names, from 1
	minutes []tally
}

// encode writes the counts in two parts, since minutes are soon of no use: in
// the first
//
//	names     count, then each name's length and bytes, and when it was last
//	          heard of: number from the stretch's first on, Unix
//	          microseconds, type
//	hours     as minutes
//
// and in the second
//
//	minutes   count, then for each the minutes since the one before, its
//	          cells' count, and for each cell its name's place (from 1; 0 for
//	          none), type and count
//
// All numbers are varints.
func (c *counts) encode(first int64) (hours, minutes []byte) {
	hours = binary.AppendUvarint(nil, uint64(len(c.names)))
	for i, name := range c.names {
		hours = binary.AppendUvarint(hours, uint64(len(name)))
		hours = append(hours, name...)
		hours = binary.AppendUvarint(hours, uint64(c.last[i].seq-first))
		hours = binary.AppendUvarint(hours, uint64(c.last[i].received))
		hours = binary.AppendUvarint(hours, uint64(c.last[i].kind))
	}
	return appendTallies(hours, c.hours), appendTallies(nil, c.minutes)
}

func appendTallies(b []byte, tallies []tally) []byte {
	b = binary.AppendUvarint(b, uint64(len(tallies)))
	before := int64(0)
	for _, t := range tallies {
		b = binary.AppendUvarint(b, uint64(t.at-before))
		b = binary.AppendUvarint(b, uint64(len(t.cells)))
		for _, one := range t.cells {
			b = binary.AppendUvarint(b, uint64(one.camera))
			b = binary.AppendUvarint(b, uint64(one.kind))
			b = binary.AppendUvarint(b, uint64(one.n))
		}
		before = t.at
	}
	return b
}

// latestTally is the last minute that a clock may show: there are some
// millions of years of them.
const latestTally = 1 << 42

var errCounts = errors.New("the counts of a stretch are damaged")

// decodeCounts reads what encode wrote; minutes may be left out.
func decodeCounts(hours, minutes []byte, first int64) (*counts, error) {
	r := &varint.Reader{Rest: hours}
	c := new(counts)
	for range r.Length() {
		c.names = append(c.names, r.Text())
		c.last = append(c.last, sighting{seq: first + r.Next(), received: r.Next(), kind: event.Type(r.Next())})
	}
	var err error
	if c.hours, err = readTallies(r, len(c.names)); err != nil || minutes == nil {
		return c, err
	}
	c.minutes, err = readTallies(&varint.Reader{Rest: minutes}, len(c.names))
	return c, err
}

// readTallies reads the rest of r as tallies of so many cameras.
func readTallies(r *varint.Reader, cameras int) ([]tally, error) {
	var tallies []tally
	at := int64(0)
	for range r.Length() {
		if at += r.Next(); at > latestTally {
			return nil, errCounts
		}
		t := tally{at, make([]cell, r.Length())}
		for i := range t.cells {
			camera, kind, n := r.Next(), r.Next(), r.Next()
			if camera > int64(cameras) || kind >= int64(len(Counts{})) || n > math.MaxUint32 {
				return nil, errCounts
			}
			t.cells[i] = cell{camera: uint32(camera), kind: event.Type(kind), n: uint32(n)}
		}
		tallies = append(tallies, t)
	}
	if r.Broken || len(r.Rest) > 0 {
		return nil, errCounts
	}
	return tallies, nil
}
