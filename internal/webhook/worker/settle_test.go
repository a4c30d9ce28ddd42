package worker

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/store/deliveries"
)

// On a slow disk the store keeps a settlement waiting for an append, but not
// where the next one is urgent.
func TestSettle_CommitsAtOnceIfTheNextSettlementIsUrgent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		next batch
		want bool
	}{
		{"few results", batch{Settlement: deliveries.Settlement{Attempts: make([]delivery.Attempt, 10)}}, false},
		{
			"results enough to stop the worker soon",
			batch{Settlement: deliveries.Settlement{Attempts: make([]delivery.Attempt, MaxUnsettled/2)}}, true,
		},
		{"a person who waits", batch{waiters: []chan error{make(chan error, 1)}}, true},
	} {
		hurried := false
		w := &Worker{progress: progress{settling: &batch{}, batch: &test.next, commitNow: func() { hurried = true }}}
		if w.settle(t.Context()); hurried != test.want {
			t.Errorf("%s: hurried is %t", test.name, hurried)
		}
	}
}

// A refusal leaves the order of what is put: an event may have failed, failed
// again and arrived within what is offered once more.
func TestSettle_OffersARefusedSettlementAgainBeforeTheNext(t *testing.T) {
	t.Parallel()
	w := &Worker{
		log: loggerForTests,
		progress: progress{commitNow: func() {},
			settling: &batch{Settlement: deliveries.Settlement{Put: []delivery.Pending{{Seq: 1, Attempts: 1}}, Done: []int64{4},
				Attempts: make([]delivery.Attempt, 2), Delivered: 1, Failed: 1, Expired: 5}},
			batch: &batch{Settlement: deliveries.Settlement{Put: []delivery.Pending{{Seq: 1, Attempts: 2}}, Done: []int64{5},
				Attempts: make([]delivery.Attempt, 3), Delivered: 2, Failed: 1, Expired: 6}},
		},
	}
	before := time.Now()
	w.afterSettle(fmt.Errorf("no room"))
	if w.settling != nil || w.settleAt.Before(before.Add(SettleRetry)) {
		t.Errorf("it is offered again at %v", w.settleAt)
	}
	got := w.batch
	if len(got.Put) != 2 || got.Put[0].Attempts != 1 || got.Put[1].Attempts != 2 {
		t.Errorf("put: %v", got.Put)
	}
	if len(got.Done) != 2 || len(got.Attempts) != 5 || got.Delivered != 3 || got.Failed != 2 || got.Expired != 11 || w.unsettled() != 5 {
		t.Errorf("offered again: %+v", got)
	}
}

// A delivery that is put again is done no more, however many there are.
func TestBatch_putTakesBackDone(t *testing.T) {
	t.Parallel()
	var b batch
	const n = 20_000
	for seq := range int64(n) {
		b.done(seq)
	}
	began := time.Now()
	for seq := range int64(n) {
		b.put(delivery.Pending{Seq: n + seq, Attempts: 1})
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("putting %d took %v", n, took)
	}
	b.put(delivery.Pending{Seq: 7})
	if len(b.Put) != n+1 || len(b.Done) != n-1 || slices.Contains(b.Done, 7) {
		t.Errorf("%d are put and %d done", len(b.Put), len(b.Done))
	}
	if b.done(7); len(b.Done) != n {
		t.Errorf("%d are done", len(b.Done))
	}
}
