package main

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"postern/internal/demo"
)

type demoCommand struct {
	serveFlags `embed:""`
	Data       string        `default:"./data-demo" env:"POSTERN_DEMO_DATA" placeholder:"FOLDER" help:"The demo's own data folder, made if need be (${default})."`
	Receiver   string        `default:"127.0.0.1:9900" env:"POSTERN_DEMO_RECEIVER" placeholder:"ADDRESS:PORT" help:"Where the demo's receiver listens; a loopback address (${default})."`
	Seed       uint64        `default:"1" env:"POSTERN_DEMO_SEED" placeholder:"NUMBER" help:"The same seed tells the same story (${default})."`
	Rate       float64       `default:"3" env:"POSTERN_DEMO_RATE" placeholder:"NUMBER" help:"Events a second, on average (${default})."`
	Past       time.Duration `default:"24h" env:"POSTERN_DEMO_PAST" placeholder:"TIME" help:"How much has happened already when the demo starts for the first time: 0 to 24h (${default})."`
}

// Run serves, with the simulated site and its receiver in the same process. The site
// uses the API as any producer does. Only its past is written before the service
// starts, since the arrival time of an event that is posted is now.
func (c *demoCommand) Run(p process) error {
	c.data = c.Data
	if err := c.check(); err != nil {
		return err
	}
	if !c.loopback {
		return usageError{fmt.Errorf("--listen %s is not a loopback address; the demo listens on this machine only", c.Listen)}
	}
	if c.Rate < demo.MinRate || c.Rate > demo.MaxRate {
		return usageError{fmt.Errorf("--rate %g is outside %g to %g events a second", c.Rate, demo.MinRate, demo.MaxRate)}
	}
	if c.Past < 0 || c.Past > 24*time.Hour {
		return usageError{fmt.Errorf("--past %s is outside 0 to 24h", c.Past)}
	}
	// The demo's receiver is on this machine, which is refused otherwise.
	c.AllowHTTP = true
	c.AllowTarget = append(c.AllowTarget, targetPrefix{netip.MustParsePrefix("127.0.0.0/8")}, targetPrefix{netip.MustParsePrefix("::1/128")})
	log, err := c.logger(p.stderr)
	if err != nil {
		return err
	}
	story := demo.NewStory(demo.NewSite(c.Seed, demo.SiteOptions{Rate: c.Rate}))
	key, err := c.prepare(p, story)
	if err != nil {
		return err
	}
	running, ctx := errgroup.WithContext(p.ctx)
	base := make(chan string, 1)
	running.Go(func() error {
		return serve(ctx, c.serveFlags, log, func(addr net.Addr) { base <- "http://" + addr.String() })
	})
	running.Go(func() error {
		select {
		case url := <-base:
			return demo.Run(ctx, demo.Options{Base: url, Key: key.Reveal(), ReceiverListen: c.Receiver, Story: story, Out: p.stdout, Log: log})
		case <-ctx.Done():
			return nil
		}
	})
	return running.Wait()
}
