package worker

import (
	"container/heap"
	"maps"
	"slices"
	"time"

	"postern/internal/delivery"
)

// retryQueue has the deliveries that wait for a retry, the next one first. An
// event is in it at most once.
type retryQueue struct {
	heap retryHeap
	seqs map[int64]struct{}
}

func (q *retryQueue) len() int { return len(q.heap) }

func (q *retryQueue) has(seq int64) bool {
	_, ok := q.seqs[seq]
	return ok
}

func (q *retryQueue) push(p delivery.Pending) {
	if q.seqs == nil {
		q.seqs = make(map[int64]struct{})
	}
	q.seqs[p.Seq] = struct{}{}
	heap.Push(&q.heap, p)
}

// remove takes the delivery at an index of the heap.
func (q *retryQueue) remove(at int) delivery.Pending {
	p := heap.Remove(&q.heap, at).(delivery.Pending)
	delete(q.seqs, p.Seq)
	return p
}

// next returns when the first retry is due.
func (q *retryQueue) next() (time.Time, bool) {
	if len(q.heap) == 0 {
		return time.Time{}, false
	}
	return q.heap[0].Due, true
}

// due takes the first delivery if it is due.
func (q *retryQueue) due(now time.Time) (delivery.Pending, bool) {
	if len(q.heap) == 0 || q.heap[0].Due.After(now) {
		return delivery.Pending{}, false
	}
	return q.remove(0), true
}

// oldest takes the delivery of the lowest sequence number, due or not.
func (q *retryQueue) oldest() (delivery.Pending, bool) {
	if len(q.heap) == 0 {
		return delivery.Pending{}, false
	}
	return q.remove(q.lowest()), true
}

// after takes the delivery of the lowest sequence number above seq, due or not.
func (q *retryQueue) after(seq int64) (delivery.Pending, bool) {
	at := -1
	for i := range q.heap {
		if s := q.heap[i].Seq; s > seq && (at < 0 || s < q.heap[at].Seq) {
			at = i
		}
	}
	if at < 0 {
		return delivery.Pending{}, false
	}
	return q.remove(at), true
}

// oldestDue returns when the delivery of the lowest sequence number is due.
func (q *retryQueue) oldestDue() (time.Time, bool) {
	if len(q.heap) == 0 {
		return time.Time{}, false
	}
	return q.heap[q.lowest()].Due, true
}

// lowest returns the index of the lowest sequence number. It scans the queue:
// only probes and ordered workers use it, rarely or with few retries.
func (q *retryQueue) lowest() int {
	at := 0
	for i := range q.heap {
		if q.heap[i].Seq < q.heap[at].Seq {
			at = i
		}
	}
	return at
}

// hurry makes a retry due now.
func (q *retryQueue) hurry(seq int64, now time.Time) {
	for i := range q.heap {
		if q.heap[i].Seq == seq {
			q.heap[i].Due = now
			heap.Fix(&q.heap, i)
			return
		}
	}
}

// each calls f for every delivery; f may change all but its sequence number.
func (q *retryQueue) each(f func(*delivery.Pending)) {
	for i := range q.heap {
		f(&q.heap[i])
	}
	heap.Init(&q.heap)
}

// removeLast takes up to n deliveries: those that are due last.
func (q *retryQueue) removeLast(n int) []delivery.Pending {
	slices.SortFunc(q.heap, func(a, b delivery.Pending) int { return a.Due.Compare(b.Due) }) // a sorted slice is a valid heap
	at := max(0, len(q.heap)-n)
	removed := slices.Clone(q.heap[at:])
	clear(q.heap[at:])
	q.heap = q.heap[:at]
	for _, p := range removed {
		delete(q.seqs, p.Seq)
	}
	return removed
}

// takeIf takes the deliveries for which pick is true.
func (q *retryQueue) takeIf(pick func(*delivery.Pending) bool) (taken []delivery.Pending) {
	q.heap = slices.DeleteFunc(q.heap, func(p delivery.Pending) bool {
		if !pick(&p) {
			return false
		}
		delete(q.seqs, p.Seq)
		taken = append(taken, p)
		return true
	})
	if len(taken) > 0 {
		heap.Init(&q.heap)
	}
	return taken
}

// take takes an event's delivery.
func (q *retryQueue) take(seq int64) (delivery.Pending, bool) {
	for i := range q.heap {
		if q.heap[i].Seq == seq {
			return q.remove(i), true
		}
	}
	return delivery.Pending{}, false
}

// clear empties the queue and returns the events that were in it.
func (q *retryQueue) clear() []int64 {
	dropped := slices.Collect(maps.Keys(q.seqs))
	q.heap, q.seqs = nil, nil
	return dropped
}

type retryHeap []delivery.Pending

func (h retryHeap) Len() int           { return len(h) }
func (h retryHeap) Less(i, k int) bool { return h[i].Due.Before(h[k].Due) }
func (h retryHeap) Swap(i, k int)      { h[i], h[k] = h[k], h[i] }
func (h *retryHeap) Push(x any)        { *h = append(*h, x.(delivery.Pending)) }
func (h *retryHeap) Pop() any {
	old := *h
	p := old[len(old)-1]
	*h = old[:len(old)-1]
	return p
}
