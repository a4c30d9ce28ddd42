package counters

import (
	"encoding/binary"
	"errors"
	"math"

	"postern/internal/event"
	"postern/internal/varint"
)

// seen is a camera's newest event.
type seen struct {
	seq      int64
	received int64 // Unix microseconds
	typ      event.Type
}

func (s seen) minute() int64 { return s.received / microsPerMinute }

const microsPerMinute = 60_000_000

// Segment is the counters of one segment. It names cameras, since their numbers
// are valid in one process only.
type Segment struct {
	names   []string
	last    []seen   // by place in names
	hours   []bucket // their cameras are places in names, from 1
	minutes []bucket
}

// Encode returns the file's two blobs (doc.go). first is the segment's first
// sequence number.
func (s *Segment) Encode(first int64) (hours, minutes []byte) {
	hours = binary.AppendUvarint(nil, uint64(len(s.names)))
	for i, name := range s.names {
		hours = binary.AppendUvarint(hours, uint64(len(name)))
		hours = append(hours, name...)
		hours = binary.AppendUvarint(hours, uint64(s.last[i].seq-first))
		hours = binary.AppendUvarint(hours, uint64(s.last[i].received))
		hours = binary.AppendUvarint(hours, uint64(s.last[i].typ))
	}
	return appendBuckets(hours, s.hours), appendBuckets(nil, s.minutes)
}

func appendBuckets(b []byte, buckets []bucket) []byte {
	b = binary.AppendUvarint(b, uint64(len(buckets)))
	before := int64(0)
	for _, one := range buckets {
		b = binary.AppendUvarint(b, uint64(one.at-before))
		b = binary.AppendUvarint(b, uint64(len(one.counters)))
		for _, c := range one.counters {
			b = binary.AppendUvarint(b, uint64(c.camera))
			b = binary.AppendUvarint(b, uint64(c.typ))
			b = binary.AppendUvarint(b, uint64(c.n))
		}
		before = one.at
	}
	return b
}

// latestBucket bounds the minutes of a valid blob. A clock would reach it in some
// millions of years.
const latestBucket = 1 << 42

var errDamaged = errors.New("the counters of a segment are damaged")

// Decode reads the blobs that Encode has returned for the same first sequence
// number. Without minutes, the segment has hours only.
func Decode(hours, minutes []byte, first int64) (*Segment, error) {
	r := &varint.Reader{Rest: hours}
	s := new(Segment)
	for range r.Length() {
		s.names = append(s.names, r.Text())
		s.last = append(s.last, seen{seq: first + r.Next(), received: r.Next(), typ: event.Type(r.Next())})
	}
	var err error
	if s.hours, err = readBuckets(r, len(s.names)); err != nil || minutes == nil {
		return s, err
	}
	s.minutes, err = readBuckets(&varint.Reader{Rest: minutes}, len(s.names))
	return s, err
}

// readBuckets reads the rest of r as the buckets of some cameras.
func readBuckets(r *varint.Reader, cameras int) ([]bucket, error) {
	var buckets []bucket
	at := int64(0)
	for range r.Length() {
		if at += r.Next(); at > latestBucket {
			return nil, errDamaged
		}
		one := bucket{at, make([]counter, r.Length())}
		for i := range one.counters {
			camera, typ, n := r.Next(), r.Next(), r.Next()
			if camera > int64(cameras) || typ >= int64(len(Counts{})) || n > math.MaxUint32 {
				return nil, errDamaged
			}
			one.counters[i] = counter{counterKey{uint32(camera), event.Type(typ)}, uint32(n)}
		}
		buckets = append(buckets, one)
	}
	if r.Broken || len(r.Rest) > 0 {
		return nil, errDamaged
	}
	return buckets, nil
}
