package counters

import (
	"cmp"
	"slices"

	"postern/internal/event"
)

// noCamera is the camera number of events without a camera.
const noCamera = 0

// counter is the number of events of one type from one camera.
type counter struct {
	counterKey
	n uint32
}

type counterKey struct {
	camera uint32 // its number in Counters.names
	typ    event.Type
}

func (k counterKey) compare(other counterKey) int { return cmp.Compare(k.order(), other.order()) }
func (k counterKey) order() uint64                { return uint64(k.camera)<<8 | uint64(k.typ) }

func compareCounters(a, b counter) int { return a.compare(b.counterKey) }

// bucket is the counters of one minute or hour, sorted by key.
type bucket struct {
	at       int64 // Unix minute or hour
	counters []counter
}

// merge adds two sorted lists of counters into a new one.
func merge(a, b []counter) []counter {
	out := make([]counter, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch order := compareCounters(a[0], b[0]); {
		case order < 0:
			out, a = append(out, a[0]), a[1:]
		case order > 0:
			out, b = append(out, b[0]), b[1:]
		default:
			sum := a[0]
			sum.n += b[0].n
			out, a, b = append(out, sum), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// subtract subtracts counters that were merged into all.
func subtract(all, counters []counter) []counter {
	less := make(map[counterKey]uint32, len(counters))
	for _, c := range counters {
		less[c.counterKey] = c.n
	}
	out := all[:0:0]
	for _, c := range all {
		if c.n -= min(c.n, less[c.counterKey]); c.n > 0 {
			out = append(out, c)
		}
	}
	return out
}

// sorted returns counters in the order of their keys.
func sorted(counted map[counterKey]uint32) []counter {
	counters := make([]counter, 0, len(counted))
	for k, n := range counted {
		counters = append(counters, counter{k, n})
	}
	slices.SortFunc(counters, compareCounters)
	return counters
}

// renumber returns counters with other numbers for their cameras.
func renumber(counters []counter, numbers []uint32) []counter {
	out := make([]counter, len(counters))
	inOrder := true
	for i, c := range counters {
		out[i] = counter{counterKey{numbers[c.camera], c.typ}, c.n}
		inOrder = inOrder && (i == 0 || compareCounters(out[i-1], out[i]) < 0)
	}
	if inOrder {
		return out
	}
	slices.SortFunc(out, compareCounters)
	summed := out[:1] // there is one, since they weren't in order
	for _, c := range out[1:] {
		if last := &summed[len(summed)-1]; last.counterKey == c.counterKey {
			last.n += c.n
		} else {
			summed = append(summed, c)
		}
	}
	return summed
}

// byTime returns buckets in the order of time, each time once: a clock that was
// ahead may have gone back.
func byTime(buckets []bucket) []bucket {
	earlier := func(x, y bucket) int { return cmp.Compare(x.at, y.at) }
	if slices.IsSortedFunc(buckets, earlier) {
		return buckets
	}
	buckets = slices.Clone(buckets)
	slices.SortStableFunc(buckets, earlier)
	out := buckets[:1]
	for _, b := range buckets[1:] {
		if last := &out[len(out)-1]; last.at == b.at {
			last.counters = merge(last.counters, b.counters)
		} else {
			out = append(out, b)
		}
	}
	return out
}
