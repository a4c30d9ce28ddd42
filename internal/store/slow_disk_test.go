package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

// onSlowDisk opens a store each of whose commits takes so long from now on.
func onSlowDisk(t *testing.T, sync time.Duration) *Store {
	j := open(t)
	slowDown(j, sync)
	return j
}

func slowDown(j *Store, sync time.Duration) {
	j.DB.Lock()
	defer j.DB.Unlock()
	j.opts.system.Syncing = func() { time.Sleep(sync) }
}

// commits returns the number of commits since the store was opened.
func commits(j *Store) int64 { return int64(j.DB.Metrics().Commits.Count()) }

// settling is a worker as the settler sees it: it settles the result of each
// event, and gathers the next results while a settlement waits.
type settling struct {
	results chan int64
	ended   sync.WaitGroup
}

func startSettling(t *testing.T, j *Store, endpoint int64) *settling {
	w := &settling{results: make(chan int64, 10_000)}
	w.ended.Go(func() {
		for seq := range w.results {
			s := &deliveries.Settlement{Endpoint: endpoint}
			for more := true; more; {
				s.Cursor, s.Delivered = seq, s.Delivered+1
				s.Attempts = append(s.Attempts, delivery.Attempt{Seq: seq, At: start, Number: 1, Status: 200})
				select {
				case seq, more = <-w.results:
				default:
					more = false
				}
			}
			if err := j.Deliveries.Settle(context.Background(), s); err != nil {
				t.Errorf("Settle: %v", err)
			}
		}
	})
	return w
}

var slowSyncs = []time.Duration{10 * time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond}

// A producer that posts one event after the other never waits for a commit that
// only settles: there is none. The settlements share the commits of its events,
// however many webhooks there are.
func TestOnASlowDiskAProducerWaitsForItsOwnCommitAlone(t *testing.T) {
	t.Parallel()
	for _, each := range slowSyncs {
		for _, pause := range []time.Duration{0, each / 2, 3 * each, 9 * each} {
			t.Run(fmt.Sprintf("%s each, %s between", each, pause), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					j := open(t)
					workers := make([]*settling, 5)
					for i := range workers {
						workers[i] = startSettling(t, j, endpoint(t, j.Deliveries, fmt.Sprintf("wh_%d", i)).N)
					}
					slowDown(j, each)
					before := commits(j)
					const n = 40
					var receivers sync.WaitGroup
					for seq := int64(1); seq <= n; seq++ {
						began := time.Now()
						add(t, j, made())
						if waited := time.Since(began); waited != each {
							t.Errorf("event %d waited %s, want %s", seq, waited, each)
						}
						for i, w := range workers {
							receivers.Go(func() { // they answer at different times
								time.Sleep(time.Duration(i+1) * each / 7)
								w.results <- seq
							})
						}
						time.Sleep(pause)
					}
					if got := commits(j) - before; got != n {
						t.Errorf("%d commits for %d events", got, n)
					}
					receivers.Wait()
					time.Sleep(3 * database.LingerMost)
					for i, w := range workers {
						close(w.results)
						w.ended.Wait()
						if got := stored(t, j.Deliveries, fmt.Sprintf("wh_%d", i)); got.Cursor != n || got.Delivered != n {
							t.Errorf("webhook %d is settled through %d with %d delivered, want %d", i, got.Cursor, got.Delivered, n)
						}
					}
					if got := commits(j) - before; got > n+3 {
						t.Errorf("%d commits for the rest of the settlements", got-n)
					}
					closeStore(t, j)
				})
			})
		}
	}
}

// A settlement whose time comes while an append waits shares its commit, also
// where another commit holds both up.
func TestASettlementLetsAnAppendThatWaitsGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := onSlowDisk(t, 100*time.Millisecond)
		e := endpoint(t, j.Deliveries, "wh_a")
		before := commits(j)
		settled := make(chan error, 1)
		go func() {
			settled <- j.Deliveries.Settle(context.Background(), &deliveries.Settlement{Endpoint: e.N, Cursor: 3})
		}()
		time.Sleep(950 * time.Millisecond)
		go func() { // ends after the settlement's time has come
			if _, err := j.DB.Exec(context.Background(), "DELETE FROM meta WHERE name = 'probe'"); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(70 * time.Millisecond) // the settlement waits for the lock
		add(t, j, made())
		if err := <-settled; err != nil {
			t.Error(err)
		}
		if got := commits(j) - before; got != 2 {
			t.Errorf("%d commits, want one of the other change and one of the append", got)
		}
		closeStore(t, j)
	})
}

// Without an append a settlement goes alone: the slower the commits, the later,
// but within the bound.
func TestASettlementAloneWaitsLongerOnASlowDisk(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ sync, want time.Duration }{
		{0, database.LingerTime}, {time.Millisecond, database.LingerTime}, {10 * time.Millisecond, 100 * time.Millisecond},
		{100 * time.Millisecond, time.Second}, {time.Second, database.LingerMost},
	} {
		t.Run(test.sync.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := onSlowDisk(t, test.sync)
				e := endpoint(t, j.Deliveries, "wh_a")
				for _, settle := range []struct {
					s    *deliveries.Settlement
					want time.Duration
				}{
					{&deliveries.Settlement{Endpoint: e.N, Cursor: 3}, test.want},
					{&deliveries.Settlement{Endpoint: e.N, Cursor: 4, Attempts: make([]delivery.Attempt, 500)}, 0},
				} {
					began := time.Now()
					if err := j.Deliveries.Settle(context.Background(), settle.s); err != nil {
						t.Error(err)
					}
					if waited := time.Since(began) - test.sync; waited != settle.want {
						t.Errorf("a settlement of %d attempts waited %s, want %s", len(settle.s.Attempts), waited, settle.want)
					}
				}
				closeStore(t, j)
			})
		})
	}
}
