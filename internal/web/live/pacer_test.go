package live

import (
	"testing"
	"time"

	"postern/internal/event"
)

var paceStart = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

func paced(seq int64, t event.Type) *event.Event { return &event.Event{Seq: seq, Type: t} }

func TestPaceShowsASingleEventAtOnce(t *testing.T) {
	var p pacer
	now := paceStart
	for seq := range int64(20) {
		p.add(paced(seq+1, event.FaceDetected))
		if d, waits := p.wait(now); !waits || d != 0 {
			t.Fatalf("event %d waits %v", seq, d)
		}
		if rows, more, _ := p.take(now); len(rows) != 1 || more != 0 {
			t.Fatalf("event %d: %d rows, %d more", seq, len(rows), more)
		}
		if _, waits := p.wait(now); waits {
			t.Fatal("nothing is left, but something waits")
		}
		now = now.Add(updateInterval)
	}
}

func TestPaceKeepsAFloodReadableAndCountsTheRest(t *testing.T) {
	var p pacer
	const intervals, perMillisecond = 10, 5
	var seq, rows, more int64
	updates := 0
	newest := int64(0)
	for ms := range intervals * updateInterval.Milliseconds() {
		now := paceStart.Add(time.Duration(ms) * time.Millisecond)
		for range perMillisecond {
			seq++
			p.add(paced(seq, event.FaceDetected))
		}
		if d, _ := p.wait(now); d > 0 {
			continue
		}
		shown, rest, doubt := p.take(now)
		if doubt {
			t.Fatal("doubt about events that were all looked at")
		}
		if len(shown) == 0 || shown[0].Seq != seq {
			t.Fatalf("at %d ms the newest, %d, is not first", ms, seq)
		}
		for i := 1; i < len(shown); i++ {
			if shown[i].Seq >= shown[i-1].Seq || shown[i].Seq <= newest {
				t.Fatalf("out of order or shown twice: %d", shown[i].Seq)
			}
		}
		newest = shown[0].Seq
		updates++
		rows += int64(len(shown))
		more += rest
	}
	if rows > maxRows*(intervals+1) || rows < maxRows*(intervals-1) {
		t.Errorf("%d rows in %d intervals", rows, intervals)
	}
	if updates > intervals+1 {
		t.Errorf("%d updates in %d intervals", updates, intervals)
	}
	if rows+more+p.waiting != seq {
		t.Errorf("%d shown, %d counted and %d waiting of %d", rows, more, p.waiting, seq)
	}
}

func TestPaceShowsAnAlertSoonerThanTheRest(t *testing.T) {
	for typ, want := range map[event.Type]time.Duration{event.FaceDetected: updateInterval, event.WatchlistAlert: urgentInterval,
		event.SystemError: urgentInterval} {
		var p pacer
		p.add(paced(1, event.FaceDetected))
		p.take(paceStart)
		p.add(paced(2, event.FaceDetected))
		p.add(paced(3, typ))
		if d, waits := p.wait(paceStart); !waits || d != want {
			t.Errorf("%s waits %v, want %v", typ, d, want)
		}
	}
}

func TestPaceDoesNotLetAFloodWashAnAlertAway(t *testing.T) {
	var p pacer
	for seq := range int64(1000) {
		typ := event.FaceDetected
		if seq == 10 {
			typ = event.WatchlistAlert
		}
		p.add(paced(seq+1, typ))
	}
	rows, more, _ := p.take(paceStart)
	if len(rows) != maxRows || more != 1000-maxRows {
		t.Fatalf("%d rows, %d more", len(rows), more)
	}
	if last := rows[len(rows)-1]; last.Seq != 11 || last.Type != event.WatchlistAlert {
		t.Errorf("the alert is missing; the last row is %+v", last)
	}
}

func TestPaceSaysWhenItOnlyKnowsAnUpperBound(t *testing.T) {
	var p pacer
	p.skip(500, false)
	p.add(paced(501, event.FaceDetected))
	if rows, more, doubt := p.take(paceStart); len(rows) != 1 || more != 500 || !doubt {
		t.Errorf("%d rows, %d more, doubt %v", len(rows), more, doubt)
	}
	p.skip(500, true)
	if _, more, doubt := p.take(paceStart.Add(time.Second)); more != 500 || doubt {
		t.Errorf("%d more, doubt %v", more, doubt)
	}
}
