package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// bench is one run.
type bench struct {
	ctx  context.Context //nolint:containedctx // a run lasts as long as the process
	opts options
	temp bool // the work folder is this run's own
	dirs int
}

// figure is a measurement, which may have several rows.
type figure struct {
	name, about string
	measure     func(*bench) ([]row, error)
}

// figures returns all figures in the order in which they are measured. Those that
// need an idle machine are first.
func figures() []figure {
	return []figure{
		{"steady", "from send to receiver at 100 events/s", steady},
		{"hanging", "the same beside an endpoint that hangs", hanging},
		{"ingest", "events in, one by one and in batches", ingest},
		{"slowdisk", "what webhooks cost producers where an fsync takes long", slowDisk},
		{"readers", "what readers of the history cost producers", readers},
		{"deliver", "deliveries to one endpoint and to ten", deliver},
		{"sockets", "live sockets", sockets},
		{"catchup", "an outage's backlog", catchUp},
		{"memory", "resident memory, idle and busy", memory},
		{"disk", "bytes on disk, and the binary's", disk},
		{"history", "pages, API and start with a large store", history},
	}
}

func figureNames() []string {
	var names []string
	for _, f := range figures() {
		names = append(names, f.name)
	}
	return names
}

func choose(only []string) ([]figure, error) {
	all := figures()
	if len(only) == 0 {
		return all, nil
	}
	for _, name := range only {
		if !slices.Contains(figureNames(), name) {
			return nil, fmt.Errorf("there is no figure %q; there are %s", name, strings.Join(figureNames(), ", "))
		}
	}
	return slices.DeleteFunc(all, func(f figure) bool { return !slices.Contains(only, f.name) }), nil
}

func newBench(ctx context.Context, opts options) (*bench, error) {
	b := &bench{ctx: ctx, opts: opts}
	if _, err := os.Stat(opts.Postern); err != nil {
		return nil, fmt.Errorf("there is no binary to measure; make build makes it: %w", err)
	}
	if opts.Work == "" {
		dir, err := os.MkdirTemp("", "postern-bench-")
		if err != nil {
			return nil, err
		}
		b.opts.Work, b.temp = dir, true
	}
	return b, nil
}

func (b *bench) close() {
	if b.temp {
		_ = os.RemoveAll(b.opts.Work)
	}
}

// dir makes an empty folder. The caller removes it.
func (b *bench) dir() (string, error) {
	b.dirs++
	dir := filepath.Join(b.opts.Work, fmt.Sprintf("%d-%d", os.Getpid(), b.dirs))
	return dir, os.MkdirAll(dir, 0o700)
}

// rounds calls measure once a round.
func (b *bench) rounds(measure func() error) error {
	for range b.opts.Rounds {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		if err := measure(); err != nil {
			return err
		}
	}
	return nil
}

// site is Postern on a new data folder.
type site struct {
	*process
	dir string
}

// site starts Postern on a new data folder. With under, Postern is the argument of
// that command.
func (b *bench) site(under ...string) (*site, error) {
	dir, err := b.dir()
	if err != nil {
		return nil, err
	}
	p, err := b.postern(dir, under)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return &site{p, dir}, nil
}

// end stops Postern and removes its data folder. It sets err if Postern has failed,
// unless err has an error already.
func (s *site) end(err *error) {
	if e := s.stop(); *err == nil {
		*err = e
	}
	_ = os.RemoveAll(s.dir)
}
