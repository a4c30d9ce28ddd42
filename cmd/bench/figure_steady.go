package main

import (
	"fmt"
	"time"
)

// steadyRate is the rate of an ordinary site.
const steadyRate = 100 // events/s

// steady measures how long an event takes from its sender through the store to the
// receiver. The limit is a POST from the sender to the receiver.
func steady(b *bench) ([]row, error) {
	middle := row{Figure: "100 events/s, send to receiver, p50", Unit: "ms", Beside: "straight to the receiver", Goal: goal{AtMost: 1.2}}
	late := row{Figure: "100 events/s, send to receiver, p99", Unit: "ms", Beside: "straight to the receiver", Goal: goal{AtMost: 8}}
	err := b.rounds(func() error {
		straight, err := b.straight()
		if err != nil {
			return err
		}
		got, err := b.beside(false)
		if err != nil {
			return err
		}
		middle.Limit, middle.Postern = append(middle.Limit, quantile(straight, 0.5)), append(middle.Postern, quantile(got, 0.5))
		late.Limit, late.Postern = append(late.Limit, quantile(straight, 0.99)), append(late.Postern, quantile(got, 0.99))
		return nil
	})
	return []row{middle, late}, err
}

// straight returns the latencies of events that are posted to the receiver itself.
func (b *bench) straight() ([]float64, error) {
	to, err := newSink()
	if err != nil {
		return nil, err
	}
	defer to.close()
	to.timed.Store(true)
	n := int(b.opts.Long.Seconds() * steadyRate)
	p, err := b.role("net/http", to.url, fmt.Sprint(n), fmt.Sprint(steadyRate))
	if err != nil {
		return nil, err
	}
	if err := to.wait(b.ctx, n); err != nil {
		return nil, err
	}
	return to.latencies(), p.stop()
}

// hanging measures a healthy endpoint's latency with and without a neighbour
// that takes every request and doesn't answer.
func hanging(b *bench) ([]row, error) {
	r := row{Figure: "100 events/s beside a hanging endpoint, p95", Unit: "ms", Beside: "the same without it", Goal: goal{Within: 1.1}}
	err := b.rounds(func() error {
		alone, err := b.beside(false)
		if err != nil {
			return err
		}
		got, err := b.beside(true)
		if err != nil {
			return err
		}
		r.Limit, r.Postern = append(r.Limit, quantile(alone, 0.95)), append(r.Postern, quantile(got, 0.95))
		return nil
	})
	return []row{r}, err
}

// beside returns the latencies of an endpoint at a steady rate; with hangs, another
// endpoint's receiver never answers. It fails if an event is lost or repeated.
func (b *bench) beside(hangs bool) (latencies []float64, err error) {
	s, err := b.site()
	if err != nil {
		return nil, err
	}
	defer s.end(&err)
	to, err := s.receiver()
	if err != nil {
		return nil, err
	}
	defer to.close()
	if hangs {
		stuck, err := s.receiver()
		if err != nil {
			return nil, err
		}
		defer stuck.close()
		stuck.hang.Store(true)
	}
	var numbers source
	if _, err := openLoop(b.ctx, s.addr, 8, steadyRate, &numbers, time.Second); err != nil {
		return nil, err // caches and connections are warm now
	}
	if err := to.wait(b.ctx, int(numbers.next.Load())); err != nil {
		return nil, err
	}
	to.timed.Store(true)
	if _, err := openLoop(b.ctx, s.addr, 8, steadyRate, &numbers, b.opts.Long); err != nil {
		return nil, err
	}
	sent := int(numbers.next.Load())
	if err := to.has(b.ctx, sent); err != nil {
		return nil, err
	}
	if again := to.again.Load(); again > 0 {
		return nil, fmt.Errorf("%d events came twice", again)
	}
	return to.latencies(), nil
}

// catchUp measures the delivery of the backlog of an outage. The limit is a backlog
// a tenth as long.
func catchUp(b *bench) ([]row, error) {
	rate := row{Figure: fmt.Sprintf("catching up %s events", quantity(float64(b.opts.Backlog))), Unit: "/s",
		Beside: "deliveries of a backlog a tenth as long", Goal: goal{Ratio: 0.9}}
	grown := row{Figure: "memory while catching up, at most", Unit: "MiB", Beside: "with a backlog a tenth as long", Goal: goal{Within: 1.2}}
	err := b.rounds(func() error {
		short, err := b.drain(1, b.opts.Backlog/10/fillBatch*fillBatch)
		if err != nil {
			return err
		}
		long, err := b.drain(1, b.opts.Backlog/fillBatch*fillBatch)
		if err != nil {
			return err
		}
		rate.Limit, rate.Postern = append(rate.Limit, short.rate), append(rate.Postern, long.rate)
		grown.Limit, grown.Postern = append(grown.Limit, short.peak), append(grown.Postern, long.peak)
		return nil
	})
	return []row{rate, grown}, err
}
