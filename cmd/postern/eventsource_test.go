package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// eventSource follows a stream as a browser's EventSource does. When the answer
// ends or the connection fails, it reconnects with the last id after the
// server's retry time. At any answer that isn't a stream it closes for good.
type eventSource struct {
	client   *http.Client
	url, key string
	events   chan string // ids of events
	dead     chan error  // why it has closed for good
	retry    time.Duration
	lastID   string
	asked    atomic.Int32 // how often it has connected, answered or not
}

func newEventSource(t *testing.T, client *http.Client, url, key string) *eventSource {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &eventSource{client: client, url: url, key: key, events: make(chan string, 1000), dead: make(chan error, 1), retry: time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := s.follow(ctx); err != nil {
				s.dead <- err
				return
			}
			select {
			case <-time.After(s.retry):
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return s
}

// follow reads one answer to its end. An error is for good.
func (s *eventSource) follow(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", s.key)
	if s.lastID != "" {
		req.Header.Set("Last-Event-ID", s.lastID)
	}
	s.asked.Add(1)
	res, err := s.client.Do(req)
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return fmt.Errorf("an EventSource ends for good at %s %s", res.Status, res.Header.Get("Content-Type"))
	}
	var name, data string
	id := s.lastID
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data += value
		case "retry":
			if n, err := strconv.Atoi(value); err == nil {
				s.retry = time.Duration(n) * time.Millisecond
			}
		}
		if lines.Text() != "" {
			continue
		}
		s.lastID = id
		if data != "" && name == "" {
			var e struct{ ID string }
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				return err
			}
			s.events <- e.ID
		}
		name, data = "", ""
	}
	return nil
}

// next returns the next event's id.
func (s *eventSource) next(t *testing.T) string {
	t.Helper()
	select {
	case id := <-s.events:
		return id
	case err := <-s.dead:
		t.Fatal(err)
	case <-time.After(time.Minute):
		t.Fatal("no event comes")
	}
	return ""
}
