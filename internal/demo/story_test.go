package demo

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/fullrun"
)

func TestStory_hasAPastThatArrivedAsItHappened(t *testing.T) {
	t.Parallel()
	fullrun.Only(t)
	now := time.Date(2026, 3, 19, 10, 30, 0, 0, time.UTC)
	for d, most := range map[time.Duration]int{24 * time.Hour: 160_000, 30 * time.Minute: 6500, 90 * time.Second: 600} {
		told := NewStory(NewSite(1, SiteOptions{}))
		var past []Event
		byHour := make(map[int]int)
		before := time.Time{}
		n, err := told.Past(d, now, func(arrived time.Time, body []byte) error {
			if arrived.After(now) || now.Sub(arrived) >= d || !arrived.After(before) {
				t.Fatalf("something arrives at %s, after %s", arrived, before)
			}
			before = arrived
			var batch []Event
			if err := json.Unmarshal(body, &batch); err != nil {
				t.Fatal(err)
			}
			for _, ev := range batch {
				if late := arrived.Sub(timestamp(t, ev)); late < 0 || late > coarse+time.Millisecond {
					t.Fatalf("an event arrives %v after it happened", late)
				}
			}
			byHour[int(now.Sub(arrived).Hours())] += len(batch)
			past = append(past, batch...)
			return nil
		})
		if err != nil || n != len(past) || n > most || n < most/4 {
			t.Fatalf("%v: %d events of %d, %v", d, n, len(past), err)
		}
		wantStory(t, past, DefaultRate)
		if d == 24*time.Hour {
			for hour := range 24 {
				if byHour[hour] < 500 {
					t.Errorf("%d h ago only %d events arrived", hour, byHour[hour])
				}
			}
			if quiet, busy := byHour[12], byHour[0]; quiet*3 > busy {
				t.Errorf("%d events half a day ago, %d in the last hour", quiet, busy)
			}
		}
		// The story continues where the past ended.
		if first := told.peek(); first.Before(now) || first.Sub(now) > time.Minute {
			t.Errorf("%v: the next event is at %s, now is %s", d, first, now)
		}
	}
}

func TestStory_hasAPastBeforeItBeginsOrNotAtAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		producer := newTestProducer(newFakePostern(), t, 3)
		deliver := func(time.Time, []byte) error { t.Error("something is delivered"); return nil }
		for _, d := range []time.Duration{-1, maxPast + 1} {
			if _, err := producer.story.Past(d, time.Now(), deliver); err == nil {
				t.Errorf("a past of %v is told", d)
			}
		}
		if n, err := producer.story.Past(0, time.Now(), deliver); n != 0 || err != nil {
			t.Errorf("no past: %d events, %v", n, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := producer.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := producer.story.Past(time.Minute, time.Now(), deliver); !errors.Is(err, ErrBegun) {
			t.Errorf("a past after its present: %v, want ErrBegun", err)
		}
	})
}

func TestStory_endsWithWhatCannotBeDelivered(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	if _, err := NewStory(NewSite(1, SiteOptions{})).Past(time.Hour, time.Now(), func(time.Time, []byte) error {
		return broken
	}); !errors.Is(err, broken) {
		t.Error(err)
	}
}
