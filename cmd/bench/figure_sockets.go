package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// streamPath is the stream of all events.
const streamPath = eventsPath + "/stream"

// sockets measures live sockets that get every event: the maximum rate of messages,
// and at a steady rate a message's processor time and latency. The limit is a server
// that only writes prepared messages.
func sockets(b *bench) ([]row, error) {
	n := b.opts.Sockets
	most := row{Figure: fmt.Sprintf("%s live sockets, at most", quantity(float64(n))), Unit: "messages/s",
		Beside: "a websocket server that only writes", Goal: goal{Ratio: 0.6}}
	cost := row{Figure: fmt.Sprintf("%s live sockets at 100 events/s", quantity(float64(n))), Unit: "messages per second of processor time",
		Beside: "the same", Goal: goal{Ratio: 0.6}}
	middle := row{Figure: fmt.Sprintf("%s live sockets at 100 events/s, p50", quantity(float64(n))), Unit: "ms", Beside: "the same"}
	late := row{Figure: fmt.Sprintf("%s live sockets at 100 events/s, p99", quantity(float64(n))), Unit: "ms", Beside: "the same"}
	burst := 2 * fillBatch
	err := b.rounds(func() error {
		bare, err := b.writeOnly(n, burst, 0)
		if err != nil {
			return err
		}
		got, err := b.stream(n, func(s *site) (int, error) { return burst, fill(b.ctx, s.addr, &source{}, burst) })
		if err != nil {
			return err
		}
		most.Limit, most.Postern = append(most.Limit, bare.rate), append(most.Postern, got.rate)
		if bare, err = b.writeOnly(n, int(b.opts.Long.Seconds()*steadyRate), steadyRate); err != nil {
			return err
		}
		if got, err = b.stream(n, func(s *site) (int, error) {
			l, err := openLoop(b.ctx, s.addr, 8, steadyRate, &source{}, b.opts.Long)
			return l.events, err
		}); err != nil {
			return err
		}
		cost.Limit, cost.Postern = append(cost.Limit, bare.perCPU), append(cost.Postern, got.perCPU)
		middle.Limit, middle.Postern = append(middle.Limit, quantile(bare.latency, 0.5)), append(middle.Postern, quantile(got.latency, 0.5))
		late.Limit, late.Postern = append(late.Limit, quantile(bare.latency, 0.99)), append(late.Postern, quantile(got.latency, 0.99))
		return nil
	})
	cost.Notes = "nobody missed an event"
	return []row{most, cost, middle, late}, err
}

// shown is the result of several sockets.
type shown struct {
	rate    float64 // messages a second, of all sockets
	perCPU  float64 // messages for a second of the server's processor time
	latency []float64
}

// writeOnly measures the server that only writes.
func (b *bench) writeOnly(sockets, messages, rate int) (shown, error) {
	p, err := b.role("sockets", strconv.Itoa(sockets), strconv.Itoa(messages), strconv.Itoa(rate))
	if err != nil {
		return shown{}, err
	}
	all, err := gather(p.addr, "/socket", sockets)
	if err != nil {
		return shown{}, errors.Join(err, p.stop())
	}
	defer all.leave()
	begun, before := time.Now(), p.cpu() // it begins with the last socket
	if err := all.wait(messages); err != nil {
		return shown{}, errors.Join(err, p.stop())
	}
	of := measured(all, sockets*messages, time.Since(begun), p.cpu()-before)
	return of, p.stop()
}

// stream measures Postern's sockets while send sends events.
func (b *bench) stream(sockets int, send func(*site) (int, error)) (of shown, err error) {
	s, err := b.site()
	if err != nil {
		return shown{}, err
	}
	defer s.end(&err)
	all, err := gather(s.addr, streamPath, sockets)
	if err != nil {
		return shown{}, err
	}
	defer all.leave()
	begun, before := time.Now(), s.cpu()
	n, err := send(s)
	if err != nil {
		return shown{}, err
	}
	if err := all.wait(n); err != nil {
		return shown{}, err
	}
	return measured(all, sockets*n, time.Since(begun), s.cpu()-before), nil
}

func measured(all audience, messages int, took, cpu time.Duration) shown {
	cpu = max(cpu, cpuStep)
	return shown{rate: float64(messages) / took.Seconds(), perCPU: float64(messages) / cpu.Seconds(), latency: all.latencies()}
}
