package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// receiver is a sink that a webhook of the site delivers to: the events that
// are sent here, and not what Postern announces of other webhooks.
type receiver struct {
	*sink
	site *site
	path string // the webhook's
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

// has waits until n events have come, and the store has a record of as many
// deliveries.
func (r *receiver) has(ctx context.Context, n int) error {
	if err := r.wait(ctx, n); err != nil {
		return err
	}
	var hook struct {
		Status struct{ Delivered int }
	}
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
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
