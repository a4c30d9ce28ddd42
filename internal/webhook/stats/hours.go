package stats

import (
	"encoding/binary"
	"math"
	"math/bits"
	"time"
)

// Hours is how many hours are counted: the present one and those before it.
const Hours = 24

// bucketsPerOctave sets the width of buckets: a percentile is at most a fifth
// too long.
const (
	bucketsPerOctave = 4
	maxBuckets       = 27 * bucketsPerOctave // beyond two minutes, in us
)

// Hour has the attempts of an hour.
type Hour struct {
	Start time.Time // on the hour, UTC
	// Delivered and Failed count attempts, by when they ended. Both are
	// zero if nothing was sent, which says nothing about the receiver.
	Delivered, Failed int64

	buckets [maxBuckets]uint32 // delivered attempts, by duration
}

// P95 returns the 95th percentile of the durations of delivered attempts; zero
// if there were none.
func P95(hours ...Hour) time.Duration {
	var buckets [maxBuckets]uint64
	var total uint64
	for i := range hours {
		for b, n := range hours[i].buckets {
			buckets[b] += uint64(n)
			total += uint64(n)
		}
	}
	if total == 0 {
		return 0
	}
	rank, seen := (total*95+99)/100, uint64(0)
	for b, n := range buckets {
		if seen += n; seen >= rank {
			return bucketEnd(b)
		}
	}
	return bucketEnd(maxBuckets - 1)
}

// Sum adds up the attempts of some hours.
func Sum(hours ...Hour) (delivered, failed int64) {
	for i := range hours {
		delivered += hours[i].Delivered
		failed += hours[i].Failed
	}
	return delivered, failed
}

// bucketOf returns the bucket for a length of time: its whole octave, in
// microseconds, and the quarter within.
func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 1))
	octave := bits.Len64(us) - 1
	quarter := us << 2 >> octave & (bucketsPerOctave - 1)
	return min(octave*bucketsPerOctave+int(quarter), maxBuckets-1)
}

// bucketEnd returns the upper limit of a bucket's durations.
func bucketEnd(b int) time.Duration {
	octave, quarter := b/bucketsPerOctave, b%bucketsPerOctave
	us := math.Ldexp(1+float64(quarter+1)/bucketsPerOctave, octave)
	return time.Duration(us * float64(time.Microsecond))
}

// HourStats has the attempts of the last hours in a ring, by the hour's number.
type HourStats struct {
	ring [Hours]statsHour
}

type statsHour struct {
	number int64 // hours since 1970; zero for none
	Hour
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// Note counts an attempt that ended at a time.
func (d *HourStats) Note(ended time.Time, took time.Duration, ok bool) {
	number := hourOf(ended)
	h := &d.ring[number%Hours]
	switch {
	case number < h.number:
		return // more than a day late, or the clock was set back
	case number > h.number:
		*h = statsHour{number: number}
	}
	if !ok {
		h.Failed++
		return
	}
	h.Delivered++
	if b := &h.buckets[bucketOf(took)]; *b < math.MaxUint32 {
		*b++
	}
}

// Hours returns the hours up to now, the oldest first.
func (d *HourStats) Hours(now time.Time) []Hour {
	out := make([]Hour, Hours)
	for i := range out {
		number := hourOf(now) - int64(Hours-1-i)
		if h := &d.ring[number%Hours]; h.number == number {
			out[i] = h.Hour
		}
		out[i].Start = time.Unix(number*3600, 0).UTC()
	}
	return out
}

// Add adds another webhook's attempts of the same hour.
func (h *Hour) Add(other *Hour) {
	h.Delivered += other.Delivered
	h.Failed += other.Failed
	for b, n := range other.buckets {
		h.buckets[b] = uint32(min(uint64(h.buckets[b])+uint64(n), math.MaxUint32))
	}
}

// The stored form: a version byte, then for each hour that has attempts its
// number, delivered and failed, the number of buckets that aren't empty, and
// for each of these its distance from the one before and its count; all are
// varints.
const dayVersion = 1

// Encode returns the stored form of the hours up to now.
func (d *HourStats) Encode(now time.Time) string {
	b := append(make([]byte, 0, 512), dayVersion)
	for i := range d.ring {
		h := &d.ring[i]
		if h.number <= hourOf(now)-Hours || h.Delivered+h.Failed == 0 {
			continue
		}
		b = binary.AppendUvarint(b, uint64(h.number))
		b = binary.AppendUvarint(b, uint64(h.Delivered))
		b = binary.AppendUvarint(b, uint64(h.Failed))
		used, last := 0, 0
		for _, n := range h.buckets {
			if n > 0 {
				used++
			}
		}
		b = binary.AppendUvarint(b, uint64(used))
		for bucket, n := range h.buckets {
			if n > 0 {
				b = binary.AppendUvarint(b, uint64(bucket-last))
				b = binary.AppendUvarint(b, uint64(n))
				last = bucket
			}
		}
	}
	return string(b)
}

// Decode parses what Encode returned. It leaves out what it can't parse, since
// only a day's statistics are at stake.
func Decode(s string) (d HourStats) {
	b := []byte(s)
	if len(b) == 0 || b[0] != dayVersion {
		return d
	}
	b = b[1:]
	next := func() int64 {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > math.MaxInt64 {
			b = nil
			return -1
		}
		b = b[n:]
		return int64(v)
	}
	for len(b) > 0 {
		h := statsHour{number: next(), Hour: Hour{Delivered: next(), Failed: next()}}
		bucket := int64(0)
		for used := next(); used > 0; used-- {
			step, n := next(), next()
			if bucket += step; step < 0 || step >= maxBuckets || n < 0 || n > math.MaxUint32 || bucket >= maxBuckets {
				return d
			}
			h.buckets[bucket] = uint32(n)
		}
		if h.number < 0 || h.Delivered < 0 || h.Failed < 0 {
			return d
		}
		if at := &d.ring[h.number%Hours]; h.number > at.number {
			*at = h
		}
	}
	return d
}
