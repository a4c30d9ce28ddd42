package main

import (
	"fmt"
	"time"
)

// fanOut is the number of endpoints that get each event in the last figure.
const fanOut = 10

// deliver measures the delivery of the backlogs of paused endpoints. The limits are
// bare loops that post the same signed events to the same receiver.
func deliver(b *bench) ([]row, error) {
	same := row{Figure: "deliveries, one endpoint", Unit: "/s", Beside: "signed POST loop, same client", Goal: goal{Ratio: 0.6}}
	fastest := row{Figure: "deliveries, one endpoint", Unit: "/s", Beside: "signed POST loop, fasthttp", Goal: goal{Ratio: 0.4}}
	many := row{Figure: fmt.Sprintf("fan-out to %d endpoints", fanOut), Unit: "deliveries/s", Beside: "deliveries, one endpoint",
		Goal: goal{Ratio: 0.95}}
	again := 0
	n := max(1, int(b.opts.Time.Seconds()*4)) * 10_000 // takes about as long as --time
	err := b.rounds(func() error {
		standard, err := b.loop("net/http", n)
		if err != nil {
			return err
		}
		one, err := b.drain(1, n)
		if err != nil {
			return err
		}
		fast, err := b.loop("fasthttp", n)
		if err != nil {
			return err
		}
		ten, err := b.drain(fanOut, n/fanOut/fillBatch*fillBatch)
		if err != nil {
			return err
		}
		again += one.repeated + ten.repeated
		same.Postern, same.Limit = append(same.Postern, one.rate), append(same.Limit, standard)
		fastest.Postern, fastest.Limit = append(fastest.Postern, one.rate), append(fastest.Limit, fast)
		many.Postern, many.Limit = append(many.Postern, ten.rate), append(many.Limit, one.rate)
		return nil
	})
	same.Notes = fmt.Sprintf("none lost, %d repeated", again)
	return []row{same, fastest, many}, err
}

// loop measures the rate of a bare loop with a client.
func (b *bench) loop(client string, n int) (float64, error) {
	to, err := newSink()
	if err != nil {
		return 0, err
	}
	defer to.close()
	begun := time.Now()
	p, err := b.role(client, to.url, fmt.Sprint(n))
	if err != nil {
		return 0, err
	}
	if err := to.wait(b.ctx, n); err != nil {
		return 0, err
	}
	rate := float64(n) / time.Unix(0, to.last.Load()).Sub(begun).Seconds()
	return rate, p.stop()
}

// drained is the delivery of a backlog.
type drained struct {
	rate     float64 // deliveries a second
	repeated int     // events that arrived more than once
	peak     float64 // the largest resident memory meanwhile, in MiB
}

// drain measures the delivery of n events to each of several endpoints, which were
// paused until the last event was accepted.
func (b *bench) drain(endpoints, n int) (d drained, err error) {
	s, err := b.site()
	if err != nil {
		return d, err
	}
	defer s.end(&err)
	to, err := s.receivers(endpoints)
	if err != nil {
		return d, err
	}
	defer to.close()
	if err := to.each((*receiver).pause); err != nil {
		return d, err
	}
	if err := fill(b.ctx, s.addr, &source{}, n); err != nil {
		return d, err
	}
	if err := s.forgetPeak(); err != nil {
		return d, err
	}
	begun := time.Now()
	if err := to.each((*receiver).resume); err != nil {
		return d, err
	}
	if err := to.have(b.ctx, n); err != nil {
		return d, err
	}
	_, d.peak = s.memory()
	var last int64
	for _, r := range to {
		last = max(last, r.last.Load())
		d.repeated += int(r.again.Load())
	}
	d.rate = float64(n*endpoints) / time.Unix(0, last).Sub(begun).Seconds()
	return d, nil
}
