package worker

import (
	"context"
	"math"
	"math/bits"
	"sync"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
)

// Bounds of counting backlogs.
const (
	// MaxExactBacklog is the number of events past an endpoint's position
	// that are checked against its filter. A longer backlog is estimated.
	MaxExactBacklog = 1 << 15
	// backlogStep is the number of events that are checked between two
	// checks of the budget.
	backlogStep = 2048
	// backlogSample is the number of newest events that serve as a sample where
	// an estimate has no better data.
	backlogSample = 256
	// estimateAge is the age after which an estimate is recomputed.
	estimateAge = 10 * time.Second
)

// Backlog counts the events past an endpoint's position that are for the endpoint.
// It keeps a bit for each checked event, so repeated counts and a moving
// position check every event once.
type Backlog struct {
	mu sync.Mutex
	judged
	// seq is the event that waits longest, as it was looked up last, and since is
	// when it arrived.
	seq   int64
	since time.Time
}

// judged holds the results for the checked events.
type judged struct {
	selection *delivery.Selection // that of the results below
	base      int64               // the bits of the first word are for the 64 events after it
	words     []uint64            // 1 for an event that matches
	from, to  int64               // the events after from and through to are checked

	// The number of checked events of the filter's types and cameras, and the
	// number of these that match: sources, conditions and events about the
	// endpoint make the difference.
	candidates, matched int64

	share   float64   // of the events past to that match; an estimate
	shareAt time.Time // when it was made
}

// Count returns the number of events after a position that match, and whether
// it is an estimate. Events that the budget doesn't allow to be checked now are
// estimated.
func (b *Backlog) Count(
	j *store.Store, h *hub.Hub, selection *delivery.Selection, position int64, budget *Budget,
) (n int64, estimated bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	start, head := max(position, h.First()-1), h.Head()
	if start >= head || selection == nil {
		return max(0, head-start), selection == nil && start < head
	}
	if b.selection != selection || start < b.from || start > b.to {
		b.judged = judged{selection: selection, base: start, from: start, to: start}
	}
	b.pass(start)
	for end := min(head, start+MaxExactBacklog); b.to < end && budget.Left(); {
		if !b.look(h, int(min(backlogStep, end-b.to)), budget) {
			break
		}
	}
	for _, word := range b.words {
		n += int64(bits.OnesCount64(word))
	}
	if b.to >= head {
		return n, false
	}
	return max(1, roundEstimate(n+b.estimate(j, h, head, budget))), true
}

// oldest returns the lowest sequence number that waits: that of a retry, or that of
// the first checked event. Zero means that there is none.
func (b *Backlog) oldest(retry int64) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, word := range b.words {
		if word != 0 {
			seq := b.base + int64(i)*64 + int64(bits.TrailingZeros64(word)) + 1
			if retry == 0 || seq < retry {
				return seq
			}
			break
		}
	}
	return retry
}

// WaitingSince returns when an event that waits arrived; zero if it isn't known, or
// the budget doesn't allow to look it up now.
func (b *Backlog) WaitingSince(h *hub.Hub, seq int64, budget *Budget) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if seq == 0 || seq == b.seq {
		if seq == 0 {
			b.seq, b.since = 0, time.Time{}
		}
		return b.since
	}
	if !budget.Left() {
		return time.Time{}
	}
	began := time.Now()
	b.seq, b.since = seq, time.Time{}
	if e, err := h.At(context.Background(), seq); err == nil {
		b.since = e.Received
	}
	budget.Spend(time.Since(began))
	return b.since
}

// pass forgets the events through a number, which the position has passed.
func (b *Backlog) pass(through int64) {
	b.from = through
	gone := min((through-b.base)/64, int64(len(b.words)))
	b.words = b.words[gone:]
	if b.base += gone * 64; len(b.words) == 0 {
		b.base = through
	} else {
		b.words[0] &= math.MaxUint64 << uint((through-b.base)%64)
	}
}

// look checks the next events; false if they can't be read.
func (b *Backlog) look(h *hub.Hub, most int, budget *Budget) bool {
	began := time.Now()
	through, err := h.Scan(context.Background(), b.to, b.selection.Filter.Types, most, b.judge)
	b.to = through
	budget.Spend(time.Since(began))
	return err == nil
}

// judge records whether an event is for the endpoint.
func (b *Backlog) judge(e *event.Event) {
	if e.Seq <= b.from {
		return
	}
	byCounters := event.Filter{Types: b.selection.Filter.Types, Cameras: b.selection.Filter.Cameras}
	if byCounters.Match(e) {
		b.candidates++
	}
	if !b.selection.Match(e) {
		return
	}
	b.matched++
	at := e.Seq - 1 - b.base
	for int64(len(b.words)) <= at/64 {
		b.words = append(b.words, 0)
	}
	b.words[at/64] |= 1 << uint(at%64)
}

// redact checks redacted events again. It is called once no reader sees their
// old content any more.
func (b *Backlog) redact(now map[int64]*event.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for seq, e := range now {
		if seq <= b.from || seq > b.to {
			continue
		}
		if at := seq - 1 - b.base; at/64 < int64(len(b.words)) {
			b.words[at/64] &^= 1 << uint(at%64)
		}
		if !e.IsRemoved() {
			b.judge(e)
		}
	}
}

// estimate returns the approximate number of events past the checked ones that
// are for the endpoint.
func (b *Backlog) estimate(j *store.Store, h *hub.Hub, head int64, budget *Budget) int64 {
	now := time.Now()
	if !b.shareAt.IsZero() && now.Sub(b.shareAt) < estimateAge {
		return int64(b.share * float64(head-b.to))
	}
	if !budget.Left() {
		return int64(b.sampleShare(h, head) * float64(head-b.to))
	}
	b.share, b.shareAt = b.countersShare(j, h, head), now
	budget.Spend(time.Since(now))
	return int64(b.share * float64(head-b.to))
}

// countersShare returns the share of the events past the checked ones that is
// for the endpoint. It uses the log's counters per type and camera, and the
// share of checked events that sources and conditions let through.
func (b *Backlog) countersShare(j *store.Store, h *hub.Hub, head int64) float64 {
	last, err := h.At(context.Background(), b.to)
	if err != nil || b.candidates == 0 {
		return b.sampleShare(h, head)
	}
	now := j.Arrival()
	all := j.Counters.Arrived(now, last.Received, time.Time{})
	of := all
	if len(b.selection.Filter.Cameras) > 0 {
		of = j.Counters.Arrived(now, last.Received, time.Time{}, b.selection.Filter.Cameras...)
	}
	var n int64
	for kind, count := range of {
		if b.selection.Filter.Types == 0 || b.selection.Filter.Types.Has(event.Type(kind)) {
			n += count
		}
	}
	return float64(n) / float64(max(1, all.Total())) * float64(b.matched) / float64(b.candidates)
}

// sampleShare returns the share of the newest events, which are in memory, that
// is for the endpoint.
func (b *Backlog) sampleShare(h *hub.Hub, head int64) float64 {
	after := max(b.to, head-backlogSample)
	n := 0
	through, err := h.Scan(context.Background(), after, b.selection.Filter.Types, backlogSample, func(e *event.Event) {
		if b.selection.Match(e) {
			n++
		}
	})
	if err != nil || through <= after {
		return 1
	}
	return float64(n) / float64(through-after)
}

// roundEstimate rounds to two digits: more digits would suggest a precision
// that the estimate doesn't have.
func roundEstimate(n int64) int64 {
	unit := int64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	return (n + unit/2) / unit * unit
}

// Budget bounds the time of each second that is spent on counting backlogs, for
// all endpoints together. With a thousand endpoints far behind, a list must not
// wait until all are counted. Each request for the list counts a few more.
type Budget struct {
	mu     sync.Mutex
	second int64
	spent  time.Duration
}

// countingTime is the time that may be spent in one second.
const countingTime = 100 * time.Millisecond

func (b *Budget) Left() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now().Unix(); now != b.second {
		b.second, b.spent = now, 0
	}
	return b.spent < countingTime
}

func (b *Budget) Spend(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent += d
}
