package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

// largeEvents are events of 10 KiB about one person, of which a page of 64 KiB
// has room for six or seven.
func largeEvents(n int) (events []*event.Event) {
	padding := strings.Repeat("x", 10<<10)
	for i := range n {
		events = append(events, made(withType(event.FaceDetected),
			withData(fmt.Sprintf(`{"identity_id":"p-1","i":%d,"padding":"%s"}`, i, padding))))
	}
	return events
}

const (
	smallPage = 64 << 10
	pageFits  = smallPage/(10<<10) + 1
)

func TestReadEach_is_bounded_in_bytes(t *testing.T) {
	t.Parallel()
	j := openAt(t, t.TempDir(), Options{PageBytes: smallPage})
	add(t, j, largeEvents(40)...)
	for _, ascending := range []bool{true, false} {
		var left, got []int64
		for seq := range int64(40) {
			left = append(left, seq+1)
		}
		if !ascending {
			slices.Reverse(left)
		}
		want := slices.Clone(left)
		for len(left) > 0 {
			events, damaged, read, err := j.ReadEach(context.Background(), left, ascending)
			if err != nil || len(damaged) > 0 || len(events) != read || read < 1 || read > pageFits {
				t.Fatalf("ascending %t: %d events, %d damaged, through %d, %v", ascending, len(events), len(damaged), read, err)
			}
			got, left = append(got, seqsIn(events)...), left[read:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("ascending %t: read were %v", ascending, got)
		}
		found, pages := searchAll(t, j, event.Query{Filter: event.Filter{Text: "p-1"}, Ascending: ascending, Limit: 50}, func() {})
		if !slices.Equal(found, want) || pages < 40/pageFits {
			t.Errorf("ascending %t: a search found %v on %d pages", ascending, found, pages)
		}
	}
}

func TestErase_and_retention_steps_are_bounded_in_bytes(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(t *testing.T, j *Store, clock *clock){
		"retention by type": func(t *testing.T, j *Store, clock *clock) {
			clock.Advance(time.Hour + time.Microsecond)
			if n := retain(t, j); n != 40 {
				t.Errorf("%d of 40 events went", n)
			}
		},
		"an erasure": func(t *testing.T, j *Store, _ *clock) {
			n, done, err := j.Erasure.Erase(context.Background(), "p-1")
			if err != nil || n != 40 {
				t.Fatalf("%d of 40 events are to be erased, %v", n, err)
			}
			<-done
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			j := openAt(t, t.TempDir(), Options{
				Now: clock.Now, PageBytes: smallPage, RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour},
				Retain: 10 * time.Hour, Key: fixtureKey,
			})
			add(t, j, largeEvents(40)...)
			ctx, cancel := context.WithCancel(context.Background())
			ran := make(chan error, 1)
			go func() { ran <- j.Erasure.Run(ctx) }()
			defer func() { cancel(); <-ran }()
			told := 0
			j.OnRedacted(func(events []*event.Event) {
				if told += len(events); len(events) > pageFits {
					t.Errorf("a step took %d events of 10 KiB", len(events))
				}
			})
			remove(t, j, clock)
			if told != 40 {
				t.Errorf("%d of 40 were told of", told)
			}
		})
	}
}
