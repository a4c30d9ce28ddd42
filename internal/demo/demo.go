package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// DefaultReceiver is the default of Options.ReceiverListen.
	DefaultReceiver = "127.0.0.1:9900"

	// startTimeout bounds the wait for Postern, which often starts at the same time.
	startTimeout = 30 * time.Second
)

// Options tune Run. The zero value works but for Base and Story.
type Options struct {
	Base           string       // Postern's address, such as http://127.0.0.1:8000
	Key            string       // may ingest events and manage webhooks; empty if Postern needs none
	ReceiverListen string       // a loopback address with a port; empty: DefaultReceiver
	Story          *Story       // the events from now on
	Out            io.Writer    // for the few lines for a person; nil discards them
	Log            *slog.Logger // nil: slog.Default()
}

// Run runs the demo until ctx ends, and then returns nil. It starts the receiver, registers two webhooks at
// Base, and posts events as they happen. It fails if Base is no http address, if the receiver can't listen or
// its address isn't loopback, if Postern doesn't answer within 30 seconds, and if it refuses the webhooks or
// the events.
func Run(ctx context.Context, opts Options) error {
	base, err := url.Parse(opts.Base)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return fmt.Errorf("start demo: base is %q, want an address such as http://127.0.0.1:8000", opts.Base)
	}
	if opts.ReceiverListen == "" {
		opts.ReceiverListen = DefaultReceiver
	}
	if opts.Out == nil {
		opts.Out = io.Discard
	}
	opts.Base = strings.TrimRight(opts.Base, "/")

	ln, err := net.Listen("tcp", opts.ReceiverListen)
	if err != nil {
		return fmt.Errorf("listen for the demo's receiver: %w", err)
	}
	if err := requireLoopback(ln.Addr()); err != nil {
		return errors.Join(err, ln.Close())
	}
	receiverURL := "http://" + ln.Addr().String()
	receiver, hooks := NewReceiver(), NewHooks(receiverURL)
	for _, hook := range hooks {
		if err := receiver.Expect(hook.Path, hook.Secret); err != nil {
			return errors.Join(err, ln.Close())
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return receiver.Run(ctx, ln) })
	g.Go(func() error {
		if err := perform(ctx, opts, receiverURL, hooks); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	})
	return g.Wait()
}

// perform is Run without the receiver.
func perform(ctx context.Context, opts Options, receiverURL string, hooks []Hook) error {
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	postern := newAPI(opts.Base, nil, opts.Key, opts.Log)
	if err := postern.registerAll(starting, hooks); err != nil {
		return err
	}
	postern.nameCameras(starting)
	fmt.Fprintf(opts.Out, "Postern       %s\nReceiver      %s  (what the two webhooks got)\n", opts.Base, receiverURL)

	fmt.Fprintf(opts.Out, "Live          about %.3g events a second, until Ctrl-C\n\n", opts.Story.Rate())
	fmt.Fprintf(opts.Out, "Make a receiver slow, let it fail or hang, and see what Postern does about it:\n")
	for _, try := range []string{
		"path=/access-control&mode=slow&delay=3s&for=1m",
		"path=/incident-desk&mode=fail&for=2m",
		"path=/incident-desk&mode=hang&for=2m",
		"path=/incident-desk&mode=ok",
	} {
		fmt.Fprintf(opts.Out, "  curl -X POST '%s/behave?%s'\n", receiverURL, try)
	}
	return NewProducer(opts.Base, opts.Story, ProducerOptions{Key: opts.Key, Log: opts.Log}).Run(ctx)
}
