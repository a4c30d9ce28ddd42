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
	maxBehind    = time.Minute // how far the story may lag before it goes on from now

	contentJSON = "application/json"
)

// ProducerOptions tune a Producer. The zero value works.
type ProducerOptions struct {
	Client *http.Client // nil: one that gives up on a request after 15 seconds
	Key    string       // Postern's, where it asks for one
	Log    *slog.Logger // nil: slog.Default()
}

// Producer posts a Story's events to Postern, as an engine module would. It repeats a request that wasn't
// confirmed with the very same bytes, so that Postern can tell a retry from a second event.
// Not safe for concurrent use.
type Producer struct {
	api   api
	story *Story
}

// NewProducer returns a Producer for the Postern at base, such as http://127.0.0.1:8000. It takes the
// story over.
func NewProducer(base string, story *Story, opts ProducerOptions) *Producer {
	return &Producer{api: newAPI(base, opts.Client, opts.Key, opts.Log), story: story}
}

// Run posts events as they happen, those that are due together in one request, until ctx ends; then it
// returns nil. It repeats a request that Postern can't accept at the moment, after a pause of 0.5 to 10
// seconds, or of Retry-After up to a minute. Nothing happens at the site while
// Postern is away for longer than a minute. Run fails if Postern refuses events for good, because the
// same story would be refused again.
func (p *Producer) Run(ctx context.Context) error {
	p.story.begin(wallClock())
	for sleep(ctx, time.Until(p.story.peek())) {
		now := wallClock()
		if behind := now.Sub(p.story.peek()); behind > maxBehind {
			p.story.skip(behind)
			p.api.log.Info("story goes on from now", "skipped", behind)
		}
		batch := p.story.take(now, maxLiveBatch)
		if err := p.post(ctx, batch); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// post sends a batch until it is confirmed. It is encoded once: the same id with other bytes would be
// a conflict rather than a retry.
func (p *Producer) post(ctx context.Context, batch []Event) error {
	if len(batch) == 0 {
		return nil // a moment of the story without an event
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
