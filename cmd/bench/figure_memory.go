package main

import (
	"errors"
	"fmt"
	"os"
	"time"
)

const busyRate = 10_000 // events/s, in and out

// memory measures the resident memory of an idle Postern, and at the peak rate of a
// large site.
func memory(b *bench) ([]row, error) {
	idle := row{Figure: "resident memory, idle", Unit: "MiB", Goal: goal{AtMost: 40}}
	busy := row{Figure: "resident memory at 10,000 events/s in and out, at most", Unit: "MiB", Goal: goal{AtMost: 150}}
	late := row{Figure: "10,000 events/s, send to receiver, p50", Unit: "ms"}
	err := b.rounds(func() (err error) {
		s, err := b.site()
		if err != nil {
			return err
		}
		defer s.end(&err)
		to, err := s.receiver()
		if err != nil {
			return err
		}
		defer to.close()
		time.Sleep(2 * time.Second) // idle
		now, _ := s.memory()
		idle.Postern = append(idle.Postern, now)
		to.timed.Store(true)
		l, err := openLoop(b.ctx, s.addr, ingestConnections, busyRate, &source{}, b.opts.Long)
		if err != nil {
			return err
		}
		if err := to.has(b.ctx, l.events); err != nil {
			return err
		}
		_, peak := s.memory()
		busy.Postern = append(busy.Postern, peak)
		late.Postern = append(late.Postern, quantile(to.latencies(), 0.5))
		return nil
	})
	return []row{idle, busy, late}, err
}

// disk measures the bytes that an event and an attempt add to the store, and the
// size of the binary.
func disk(b *bench) ([]row, error) {
	event := row{Figure: "an event on disk", Unit: "bytes", Beside: "its JSON", Goal: goal{Within: 1.3}}
	attempt := row{Figure: "a delivered attempt on disk, catching up", Unit: "bytes", Goal: goal{AtMost: 40}}
	live := row{Figure: "a delivered attempt on disk, at 1,000 events/s", Unit: "bytes", Goal: goal{AtMost: 40}}
	binary := row{Figure: "the binary", Unit: "MiB", Goal: goal{AtMost: 30}}
	info, err := os.Stat(b.opts.Postern)
	if err != nil {
		return nil, err
	}
	binary.Postern = []float64{float64(info.Size()) / (1 << 20)}
	const rate = 1000
	n := max(1, b.opts.Backlog/5/fillBatch) * fillBatch
	perEvent, perAttempt, size, err := b.weigh(func(s *site) (int, error) {
		return n, fill(b.ctx, s.addr, &source{}, n)
	}, true)
	if err != nil {
		return nil, err
	}
	event.Postern, event.Limit, attempt.Postern = []float64{perEvent}, []float64{size}, []float64{perAttempt}
	steadily := func(s *site) (int, error) {
		l, err := openLoop(b.ctx, s.addr, 8, rate, &source{}, b.opts.Long)
		return l.events, err
	}
	// The same number of events, so that the segments take the same memory.
	alone, _, _, err := b.weigh(steadily, true)
	if err != nil {
		return nil, err
	}
	_, together, _, err := b.weigh(steadily, false)
	if err != nil {
		return nil, err
	}
	live.Postern = []float64{together - alone}
	return []row{event, attempt, live, binary}, nil
}

// weigh sends events to a store with a webhook. It returns the bytes that each event
// added while the webhook was paused, the bytes that its delivery added afterwards,
// and the length of its JSON. If the webhook isn't paused, attempt is the sum and
// event is zero.
func (b *bench) weigh(send func(*site) (int, error), paused bool) (event, attempt, json float64, err error) {
	s, err := b.site()
	if err != nil {
		return 0, 0, 0, err
	}
	defer s.end(&err)
	to, err := s.receiver()
	if err != nil {
		return 0, 0, 0, err
	}
	defer to.close()
	if paused {
		if err := to.pause(); err != nil {
			return 0, 0, 0, err
		}
	}
	empty, err := s.storeSize()
	if err != nil {
		return 0, 0, 0, err
	}
	n, err := send(s)
	if err != nil {
		return 0, 0, 0, err
	}
	filled := empty
	if paused {
		if filled, err = s.storeSize(); err != nil {
			return 0, 0, 0, err
		}
		if err := to.resume(); err != nil {
			return 0, 0, 0, err
		}
	}
	if err := to.has(b.ctx, n); err != nil {
		return 0, 0, 0, err
	}
	full, err := s.storeSize()
	if err != nil {
		return 0, 0, 0, err
	}
	var page []map[string]any
	length, err := s.get(eventsPath+"/recent?limit=1", &page)
	if err != nil || len(page) != 1 {
		return 0, 0, 0, errors.Join(err, fmt.Errorf("%d recent events", len(page)))
	}
	return (filled - empty) / float64(n), (full - filled) / float64(n), float64(length - 2), nil
}

// storeSize returns the number of bytes of the store's file that are in use.
func (s *site) storeSize() (float64, error) { return s.metric("postern_store_size_bytes") }
