// Package hubtest opens a store and the hub over it, for the tests of the
// packages that stand on both. posterntest has all of Postern but the web.
package hubtest

import (
	"context"
	"sync"
	"testing"

	"postern/internal/hub"
	"postern/internal/store"
)

// Options are the settings of a log; the zero value works.
type Options struct {
	// Dir is the data folder; empty means a new one.
	Dir   string
	Store store.Options
	Hub   hub.Options
}

// Log is an open store and the hub over it.
type Log struct {
	Dir   string
	Store *store.Store
	Hub   *hub.Hub
	// Close closes both, before the test's end does. Closing again does nothing.
	Close func()
}

// Open opens the log, and closes it with the test.
func Open(t testing.TB, opts Options) *Log {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	// The log outlives t.Context: what is cleaned up before it may still use it.
	ctx := context.WithoutCancel(t.Context())
	s, err := store.Open(ctx, opts.Dir, opts.Store)
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	h, err := hub.New(ctx, s, opts.Hub)
	if err != nil {
		t.Fatalf("make the hub: %v", err)
	}
	l := &Log{Dir: opts.Dir, Store: s, Hub: h}
	l.Close = sync.OnceFunc(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	t.Cleanup(l.Close)
	return l
}
