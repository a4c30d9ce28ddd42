package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	requestTimeout  = 15 * time.Second
	maxReplyBytes   = 8 << 20 // a list of webhooks or ten thousand ids fit well
	firstRetryPause = 500 * time.Millisecond
	lastRetryPause  = 10 * time.Second
	maxRetryAfter   = time.Minute // a longer Retry-After is shortened to this
)

// api is a client of the public HTTP API.
type api struct {
	base   string // scheme and host, no slash at the end
	client *http.Client
	key    string // empty if Postern needs none
	log    *slog.Logger
}

func newAPI(base string, client *http.Client, key string, log *slog.Logger) api {
	if client == nil {
		client = &http.Client{Timeout: requestTimeout}
	}
	if log == nil {
		log = slog.Default()
	}
	return api{base: strings.TrimRight(base, "/"), client: client, key: key, log: log}
}

// refusal is an answer other than 2xx.
type refusal struct {
	status     int
	detail     string        // of the problem document; empty for none
	retryAfter time.Duration // zero without the header
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("%d %s", r.status, http.StatusText(r.status))
	if r.detail != "" {
		text += ": " + r.detail
	}
	return text
}

// temporary reports whether the same request may be accepted later.
func (r *refusal) temporary() bool {
	return r.status == http.StatusTooManyRequests || r.status >= 500 && r.status != http.StatusNotImplemented
}

// send makes one request and returns the body of a 2xx answer. Its error is a *refusal for another answer.
func (a api) send(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, permanent{err}
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if a.key != "" {
		req.Header.Set("Authorization", "Bearer "+a.key)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReplyBytes))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		var problem struct{ Detail string }
		_ = json.Unmarshal(reply, &problem) // the answer of a proxy may be no problem document
		return nil, &refusal{
			status:     resp.StatusCode,
			detail:     problem.Detail,
			retryAfter: parseRetryAfter(resp.Header.Get("Retry-After"), time.Now()),
		}
	}
	return reply, err
}

// sendUntilAnswered repeats a request until it is accepted, refused for good, or ctx ends. The request
// must be idempotent: an answer may be lost after the request was executed.
func (a api) sendUntilAnswered(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	pause := firstRetryPause
	for attempt := 1; ; attempt++ {
		reply, err := a.send(ctx, method, path, contentType, body)
		if err == nil {
			if attempt > 1 {
				a.log.Info("postern answers again", "path", path, "attempts", attempt)
			}
			return reply, nil
		}
		if ctx.Err() != nil || !temporary(err) {
			return nil, err
		}
		if attempt == 1 {
			a.log.Warn("postern doesn't accept requests; trying again", "path", path, "error", err)
		}
		wait := pause
		if r, ok := errors.AsType[*refusal](err); ok && r.retryAfter > 0 {
			wait = min(r.retryAfter, maxRetryAfter)
		}
		if !sleep(ctx, wait) {
			return nil, fmt.Errorf("%w, after: %w", ctx.Err(), err)
		}
		pause = min(2*pause, lastRetryPause)
	}
}

// permanent marks a failure that no retry mends, such as an invalid address.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

func temporary(err error) bool {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.temporary()
	}
	_, ok := errors.AsType[permanent](err)
	return !ok
}

// parseRetryAfter parses a Retry-After header in seconds or as a date; zero if it is neither.
func parseRetryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// sleep sleeps until d has passed or ctx ends. It reports whether d has passed.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
