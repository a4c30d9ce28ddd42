package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

const (
	eventsPath = "/api/v1/events"

	maxLiveBatch = 100         // events in one request as they happen
	maxBehind    = time.Minute // the lag after which the story goes on from now

	contentJSON = "application/json"
)

// ProducerOptions tune a Producer. The zero value works.
type ProducerOptions struct {
	Client *http.Client // nil: with a timeout of 15 seconds
	Key    string       // empty if Postern needs none
	Log    *slog.Logger // nil: slog.Default()
}

// Producer posts a Story's events to Postern, as an engine module does. It repeats an unconfirmed request
// with the same bytes, so that Postern can tell a retry from a second event. It isn't safe for concurrent use.
type Producer struct {
	api   api
	story *Story
}

// NewProducer returns a Producer for the Postern at base, such as http://127.0.0.1:8000. The caller must not
// use the story any more.
func NewProducer(base string, story *Story, opts ProducerOptions) *Producer {
	return &Producer{api: newAPI(base, opts.Client, opts.Key, opts.Log), story: story}
}

// Run posts events as they happen until ctx ends, and then returns nil. Events that are due together share a
// request. If Postern can't accept a request now, Run repeats it after 0.5 to 10 seconds, or after
// Retry-After up to a minute. While Postern is down for longer than a minute, the story pauses. Run fails
// if Postern refuses events for good.
func (p *Producer) Run(ctx context.Context) error {
	p.story.begin(wallClock())
	for sleep(ctx, time.Until(p.story.peek())) {
		now := wallClock()
		if behind := now.Sub(p.story.peek()); behind > maxBehind {
			p.story.skip(behind)
			p.api.log.Info("simulation continues from now", "skipped", behind)
		}
		batch := p.story.take(now, maxLiveBatch)
		if err := p.post(ctx, batch); err != nil && ctx.Err() == nil {
			return err
		}
		p.sendSnapshots(ctx, batch)
	}
	return nil
}

// post sends a batch until it is confirmed. It encodes the batch once, since the same ids with other bytes
// would be a conflict.
func (p *Producer) post(ctx context.Context, batch []Event) error {
	if len(batch) == 0 {
		return nil // a step of the story without an event
	}
	body, err := json.Marshal(batch)
	if err != nil {
		return fmt.Errorf("encode %d events: %w", len(batch), err)
	}
	if _, err := p.api.sendUntilAnswered(ctx, http.MethodPost, eventsPath, contentJSON, body); err != nil {
		return fmt.Errorf("post %d events: %w", len(batch), err)
	}
	return nil
}
