package webhook

import (
	"container/heap"
	"time"

	"postern/internal/journal"
)

// retryQueue holds deliveries that wait for another try, the next one first.
type retryQueue struct{ heap retryHeap }

func (q *retryQueue) len() int               { return len(q.heap) }
func (q *retryQueue) push(p journal.Pending) { heap.Push(&q.heap, p) }

// next returns when the first try is due.
func (q *retryQueue) next() (time.Time, bool) {
	if len(q.heap) == 0 {
		return time.Time{}, false
	}
	return q.heap[0].Due, true
}

// due takes out the first delivery if its time has come.
func (q *retryQueue) due(now time.Time) (journal.Pending, bool) {
	if len(q.heap) == 0 || q.heap[0].Due.After(now) {
		return journal.Pending{}, false
	}
	return heap.Pop(&q.heap).(journal.Pending), true
}

// oldest takes out the delivery of the lowest number, due or not.
func (q *retryQueue) oldest() (journal.Pending, bool) {
	if len(q.heap) == 0 {
		return journal.Pending{}, false
	}
	at := 0
	for i := range q.heap {
		if q.heap[i].Seq < q.heap[at].Seq {
			at = i
		}
	}
	return heap.Remove(&q.heap, at).(journal.Pending), true
}

type retryHeap []journal.Pending

func (h retryHeap) Len() int           { return len(h) }
func (h retryHeap) Less(i, k int) bool { return h[i].Due.Before(h[k].Due) }
func (h retryHeap) Swap(i, k int)      { h[i], h[k] = h[k], h[i] }
func (h *retryHeap) Push(x any)        { *h = append(*h, x.(journal.Pending)) }
func (h *retryHeap) Pop() any {
	old := *h
	p := old[len(old)-1]
	*h = old[:len(old)-1]
	return p
}
