package main

import (
	"fmt"
	"time"
)

// fanOut is to how many endpoints an event goes in the second figure.
const fanOut = 10

// deliver measures deliveries of what waits at paused endpoints, beside bare
// loops that post the same signed events to the same receiver.
func deliver(b *bench) ([]row, error) {
	same := row{Figure: "deliveries, one endpoint", Unit: "/s", Beside: "signed POST loop, same client", Goal: goal{Ratio: 0.6}}
	fastest := row{Figure: "deliveries, one endpoint", Unit: "/s", Beside: "signed POST loop, fasthttp", Goal: goal{Ratio: 0.4}}
	many := row{Figure: fmt.Sprintf("fan-out to %d endpoints", fanOut), Unit: "deliveries/s", Beside: "deliveries, one endpoint",
		Goal: goal{Ratio: 0.95}}
	again := 0
	n := max(1, int(b.opts.Time.Seconds()*4)) * 10_000 // takes about as long as was asked for
	err := b.rounds(func() error {
		standard, err := b.loop("net/http", n)
		if err != nil {
			return err
		}
		one, repeated, err := b.drain(1, n)
		if err != nil {
			return err
		}
		again += repeated
		fast, err := b.loop("fasthttp", n)
		if err != nil {
			return err
		}
		ten, repeated, err := b.drain(fanOut, n/fanOut/fillBatch*fillBatch)
		if err != nil {
			return err
		}
		again += repeated
		same.Postern, same.Limit = append(same.Postern, one), append(same.Limit, standard)
		fastest.Postern, fastest.Limit = append(fastest.Postern, one), append(fastest.Limit, fast)
		many.Postern, many.Limit = append(many.Postern, ten), append(many.Limit, one)
		return nil
	})
	same.Notes = fmt.Sprintf("none lost, %d repeated", again)
	return []row{same, fastest, many}, err
}

// loop measures a bare loop's rate.
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

// drain measures how fast n events reach each of so many endpoints that were
// paused while they came.
func (b *bench) drain(endpoints, n int) (rate float64, repeated int, err error) {
	s, err := b.site()
	if err != nil {
		return 0, 0, err
	}
	defer s.end(&err)
	receivers := make([]*receiver, endpoints)
	for i := range receivers {
		if receivers[i], err = s.receiver(); err != nil {
			return 0, 0, err
		}
		defer receivers[i].close()
		if err = receivers[i].pause(); err != nil {
			return 0, 0, err
		}
	}
	if err = fill(b.ctx, s.addr, &source{}, n); err != nil {
		return 0, 0, err
	}
	begun := time.Now()
	for _, to := range receivers {
		if err = to.resume(); err != nil {
			return 0, 0, err
		}
	}
	var last int64
	for _, to := range receivers {
		if err = to.has(b.ctx, n); err != nil {
			return 0, 0, err
		}
		last = max(last, to.last.Load())
		repeated += int(to.again.Load())
	}
	return float64(n*endpoints) / time.Unix(0, last).Sub(begun).Seconds(), repeated, nil
}
