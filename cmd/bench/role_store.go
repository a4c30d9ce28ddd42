package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"postern/internal/event"
	"postern/internal/store"
)

// storeGroup is the number of events in a commit when the store alone is measured.
const storeGroup = 500

// bareStore appends prepared events to a store in args[0] for the duration args[1],
// and prints the rate a second.
func bareStore(args []string) error {
	long, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	j, err := store.Open(context.Background(), args[0], store.Options{})
	if err != nil {
		return err
	}
	defer j.Close()
	n := 0
	var spent time.Duration
	for spent < long {
		batch := &event.Batch{Events: make([]*event.Event, storeGroup)}
		for i := range batch.Events {
			body := newEvent()
			stampNumber(body, n+i)
			decoded, err := event.Decode(body, time.Now())
			if err != nil {
				return err
			}
			batch.Events[i] = decoded[0]
		}
		begun := time.Now()
		if err := j.Append(context.Background(), []*event.Batch{batch}); err != nil {
			return err
		}
		spent += time.Since(begun)
		n += storeGroup
	}
	_, err = fmt.Println(float64(n) / spent.Seconds())
	return err
}

// syncs measures how often a second the disk makes 4 KiB durable.
func (b *bench) syncs() (float64, error) {
	dir, err := b.dir()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	page := make([]byte, 4096)
	const span = 1000 // pages that are overwritten in turn, as in a write-ahead log
	n := 0
	begun := time.Now()
	for ; time.Since(begun) < time.Second; n++ {
		if _, err := f.WriteAt(page, int64(n%span)*int64(len(page))); err != nil {
			return 0, err
		}
		if err := fdatasync(f); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(begun).Seconds(), nil
}

// ask runs a role whose first line of output is a number, and returns it.
func (b *bench) ask(role string, args ...string) (float64, error) {
	p, err := b.role(role, args...)
	if err != nil {
		return 0, err
	}
	if err := p.stop(); err != nil {
		return 0, err
	}
	return strconv.ParseFloat(p.addr, 64)
}
