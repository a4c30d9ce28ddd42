package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// receiver is a sink with a webhook of the site, which gets the events of this
// program and not Postern's announcements.
type receiver struct {
	*sink
	site *site
	path string // of the webhook
}

func (s *site) receiver() (*receiver, error) {
	to, err := newSink()
	if err != nil {
		return nil, err
	}
	var made struct{ ID string }
	if err := s.call(http.MethodPost, hooks, map[string]any{"url": to.url, "event_types": []string{eventType}, "secret": benchSecret},
		&made); err != nil {
		to.close()
		return nil, err
	}
	return &receiver{to, s, hooks + "/" + made.ID}, nil
}

func (r *receiver) pause() error  { return r.site.call(http.MethodPost, r.path+"/pause", nil, nil) }
func (r *receiver) resume() error { return r.site.call(http.MethodPost, r.path+"/resume", nil, nil) }

// receivers are the receivers of several webhooks.
type receivers []*receiver

// receivers registers n webhooks. The caller closes their receivers.
func (s *site) receivers(n int) (all receivers, err error) {
	for range n {
		r, err := s.receiver()
		if err != nil {
			all.close()
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (all receivers) close() {
	for _, r := range all {
		r.close()
	}
}

// each calls do with each receiver until one call fails.
func (all receivers) each(do func(*receiver) error) error {
	for _, r := range all {
		if err := do(r); err != nil {
			return err
		}
	}
	return nil
}

// have waits until each receiver has n events.
func (all receivers) have(ctx context.Context, n int) error {
	return all.each(func(r *receiver) error { return r.has(ctx, n) })
}

// has waits until n events have arrived, and the store has a record of as many
// deliveries.
func (r *receiver) has(ctx context.Context, n int) error {
	if err := r.wait(ctx, n); err != nil {
		return err
	}
	var hook struct {
		Status struct{ Delivered int }
	}
	for end := time.Now().Add(arrivalTimeout); ; time.Sleep(20 * time.Millisecond) {
		if err := r.site.call(http.MethodGet, r.path, nil, &hook); err != nil {
			return err
		}
		if hook.Status.Delivered == n {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d deliveries are on record, and %d were made", hook.Status.Delivered, n)
		}
	}
}
