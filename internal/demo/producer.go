package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

const (
	eventsPath = "/api/v1/events"

	maxLiveBatch = 100            // events in one request as they happen
	historyBatch = 500            // events in one request of history
	maxHistory   = 24 * time.Hour // bounds Backfill
	maxBehind    = time.Minute    // how far the story may lag before it goes on from now

	contentJSON   = "application/json"
	contentNDJSON = "application/x-ndjson"
)

// ErrBegun says that a story can't be given a past any more, because it is being told already.
var ErrBegun = errors.New("the story has begun")

// ProducerOptions tune a Producer. The zero value works.
type ProducerOptions struct {
	Client *http.Client // nil: one that gives up on a request after 15 seconds
	Log    *slog.Logger // nil: slog.Default()
}

// Producer posts a Site's events to Postern, as an engine module would.
//
// It gives every event its id and repeats a request that wasn't confirmed with the very same bytes, so
// that Postern can tell a retry from a second event. Ids differ between Producers, of the same seed too.
// Not safe for concurrent use: Backfill first, if at all, and then Run.
type Producer struct {
	api  api
	site *Site
	run  [6]byte // what tells this Producer's ids from another's
	made uint32

	start time.Time // when the story began; zero until it has
	next  *Step     // taken from the site, not due yet
}

// NewProducer returns a Producer for the Postern at base, such as http://127.0.0.1:8000. It takes the
// site over.
func NewProducer(base string, site *Site, opts ProducerOptions) *Producer {
	p := &Producer{api: newAPI(base, opts.Client, opts.Log), site: site}
	rand.Read(p.run[:])
	return p
}

// Backfill posts the story's first d, 24 hours at most, as history that ends now, and returns how many
// events that were. Run then goes on where it ended. What Postern can't take at the moment is sent again
// until ctx ends. With d = 0 nothing happens. Backfill fails with ErrBegun once the story has begun, and
// with what Postern said if it refuses the events.
func (p *Producer) Backfill(ctx context.Context, d time.Duration) (events int, err error) {
	if !p.start.IsZero() {
		return 0, fmt.Errorf("backfill %v: %w", d, ErrBegun)
	}
	if d < 0 || d > maxHistory {
		return 0, fmt.Errorf("backfill %v: want 0 to %v", d, maxHistory)
	}
	if d == 0 {
		return 0, nil
	}
	now := wallClock()
	p.start = now.Add(-d)
	for {
		batch := p.take(now, historyBatch)
		if len(batch) == 0 {
			return events, nil
		}
		if err := p.post(ctx, batch, contentNDJSON); err != nil {
			return events, err
		}
		events += len(batch)
	}
}

// Run posts events as they happen, those that are due together in one request, until ctx ends; then it
// returns nil. What Postern can't take at the moment is sent again until it is taken, after a pause of
// 0.5 to 10 seconds or what Retry-After asks for up to a minute. Nothing happens at the site while
// Postern is away for longer than a minute. Run fails if Postern refuses events for good, because the
// same story would be refused again.
func (p *Producer) Run(ctx context.Context) error {
	if p.start.IsZero() {
		p.start = wallClock()
	}
	for sleep(ctx, time.Until(p.peek())) {
		now := wallClock()
		if behind := now.Sub(p.peek()); behind > maxBehind {
			p.start = p.start.Add(behind)
			p.api.log.Info("story goes on from now", "skipped", behind)
		}
		batch := p.take(now, maxLiveBatch)
		if err := p.post(ctx, batch, contentJSON); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// wallClock has no monotonic part, so that a machine that slept doesn't stamp events with yesterday.
func wallClock() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// peek returns when the next event happens.
func (p *Producer) peek() time.Time {
	if p.next == nil {
		step := p.site.Next()
		p.next = &step
	}
	return p.start.Add(p.next.At)
}

// take returns the events that have happened by now, with ids, limit at most.
func (p *Producer) take(now time.Time, limit int) []Event {
	var batch []Event
	for len(batch) < limit {
		at := p.peek()
		if at.After(now) {
			break
		}
		ev := p.next.Stamped(p.start)
		ev.ID = p.newID(at)
		p.next = nil
		batch = append(batch, ev)
	}
	return batch
}

// newID makes a UUIDv7 of the event's time, this run and a count: in order of time, which is what a
// journal likes best, and never the same twice.
func (p *Producer) newID(at time.Time) string {
	p.made++
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16)
	copy(id[6:12], p.run[:])
	binary.BigEndian.PutUint32(id[12:], p.made)
	id[6] = id[6]&0x0f | 0x70 // version 7
	id[8] = id[8]&0x3f | 0x80 // RFC 9562's variant
	h := hex.EncodeToString(id[:])
	return "evt_" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// post sends a batch until it is confirmed. It is encoded once: the same id with other bytes would be
// a conflict rather than a retry.
func (p *Producer) post(ctx context.Context, batch []Event, contentType string) error {
	body, err := encode(batch, contentType)
	if err != nil {
		return fmt.Errorf("encode %d events: %w", len(batch), err)
	}
	if _, err := p.api.sendUntilAnswered(ctx, http.MethodPost, eventsPath, contentType, body); err != nil {
		return fmt.Errorf("post %d events: %w", len(batch), err)
	}
	return nil
}

func encode(batch []Event, contentType string) ([]byte, error) {
	if contentType != contentNDJSON {
		return json.Marshal(batch)
	}
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines) // ends every value with a newline
	for _, ev := range batch {
		if err := enc.Encode(ev); err != nil {
			return nil, err
		}
	}
	return lines.Bytes(), nil
}
