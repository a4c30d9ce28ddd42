package main

import (
	"fmt"
	"os"
)

const ingestConnections = 64

// ingest measures how fast events are accepted. The limit of single events is a bare
// Fiber app, that of batches the insert rate of the store alone. At the end it
// counts the accepted events in the log.
func ingest(b *bench) ([]row, error) {
	single := row{Figure: "single events in, 64 connections", Unit: "events/s", Beside: "a bare Fiber app that decodes and answers",
		Goal: goal{Ratio: 0.6}}
	batches := row{Figure: "NDJSON batches of 100", Unit: "events/s", Beside: "store alone, groups of 500",
		Goal: goal{Ratio: 0.6, Or: 200_000}}
	syncs := row{Figure: "fdatasync of 4 KiB", Unit: "per second"}
	err := b.rounds(func() error {
		rate, err := b.syncs()
		if err != nil {
			return err
		}
		syncs.Limit = append(syncs.Limit, rate)
		bare, err := b.floodBare()
		if err != nil {
			return err
		}
		got, err := b.floodPostern(1, ingestConnections)
		if err != nil {
			return err
		}
		single.Limit, single.Postern = append(single.Limit, bare), append(single.Postern, got)
		dir, err := b.dir()
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if bare, err = b.ask("store", dir, b.opts.Time.String()); err != nil {
			return err
		}
		if got, err = b.floodPostern(100, 8); err != nil {
			return err
		}
		batches.Limit, batches.Postern = append(batches.Limit, bare), append(batches.Postern, got)
		return nil
	})
	return []row{single, batches, syncs}, err
}

func (b *bench) floodBare() (float64, error) {
	bare, err := b.role("fiber")
	if err != nil {
		return 0, err
	}
	l, err := flood(b.ctx, bare.addr, ingestConnections, 1, &source{}, b.opts.Time)
	_ = bare.stop()
	return l.rate(), err
}

func (b *bench) floodPostern(batch, connections int) (rate float64, err error) {
	s, err := b.site()
	if err != nil {
		return 0, err
	}
	defer s.end(&err)
	l, err := flood(b.ctx, s.addr, connections, batch, &source{}, b.opts.Time)
	if err != nil {
		return 0, err
	}
	head, err := s.metric("postern_store_head_seq")
	if err == nil && int(head) != l.events {
		err = fmt.Errorf("%d events were accepted, and the log has %.0f", l.events, head)
	}
	return l.rate(), err
}
