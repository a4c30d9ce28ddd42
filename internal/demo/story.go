package demo

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	maxPast   = 24 * time.Hour // bounds Past
	coarse    = time.Minute    // what of the past arrives together
	fine      = 5 * time.Second
	fineSince = time.Hour // before now, from when on the past arrives in fine steps
)

// ErrBegun says that a story can't be given a past any more, because it is being told already.
var ErrBegun = errors.New("the story has begun")

// Story is a Site's events with the times at which they happen, and an id each. Ids differ between
// Stories, of the same seed too. Not safe for concurrent use.
type Story struct {
	site *Site
	run  [6]byte // what tells this Story's ids from another's
	made uint32

	start time.Time // when it began; zero until it has
	next  *Step     // taken from the site, not due yet
}

// NewStory returns a Story that hasn't begun. It takes the site over.
func NewStory(site *Site) *Story {
	s := &Story{site: site}
	rand.Read(s.run[:])
	return s
}

// Past tells what has happened in d before now, 24 hours at most, and returns how many events that were:
// deliver gets the events of one moment after the other, as a JSON array, with the time at which they
// arrive. The site is as busy now as its rate says, and quiet half a day ago. The story then
// continues from there. Past fails with ErrBegun once the story has begun, and with what deliver fails with.
func (s *Story) Past(d time.Duration, now time.Time, deliver func(arrived time.Time, events []byte) error) (events int, err error) {
	if !s.start.IsZero() {
		return 0, fmt.Errorf("tell the past of %v: %w", d, ErrBegun)
	}
	if d < 0 || d > maxPast {
		return 0, fmt.Errorf("tell the past of %v: want 0 to %v", d, maxPast)
	}
	told := time.Duration(0) // of the story
	for ago := d; ago > 0; {
		step := coarse
		if ago <= fineSince {
			step = fine
		}
		step = min(step, ago)
		slow := busyness(ago - step)
		arrived := now.Add(-(ago - step))
		until := told + time.Duration(slow*float64(step))
		var batch []Event
		for s.peekStep().At < until {
			// A step of the story takes longer on a slow machine.
			at := arrived.Add(-time.Duration(float64(until-s.next.At) / slow)).Truncate(time.Millisecond)
			batch = append(batch, s.event(at))
		}
		if len(batch) > 0 {
			body, err := json.Marshal(batch)
			if err != nil {
				return events, fmt.Errorf("encode %d events: %w", len(batch), err)
			}
			if err := deliver(arrived, body); err != nil {
				return events, err
			}
			events += len(batch)
		}
		told, ago = until, ago-step
	}
	if d > 0 {
		s.start = now.Add(-told)
	}
	return events, nil
}

// busyness is how busy the site was that long ago, as a share of what it is now.
func busyness(ago time.Duration) float64 {
	return 0.55 + 0.45*math.Cos(2*math.Pi*ago.Hours()/24)
}

// Rate is the average of events a second that the story has from now on.
func (s *Story) Rate() float64 { return s.site.Rate() }

// begin lets a story that hasn't begun begin.
func (s *Story) begin(now time.Time) {
	if s.start.IsZero() {
		s.start = now
	}
}

// skip lets nothing happen for d.
func (s *Story) skip(d time.Duration) { s.start = s.start.Add(d) }

// wallClock has no monotonic part, so that a machine that slept doesn't stamp events with yesterday.
func wallClock() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// peek returns when the next event happens.
func (s *Story) peek() time.Time { return s.start.Add(s.peekStep().At) }

// peekStep returns what happens next.
func (s *Story) peekStep() Step {
	if s.next == nil {
		step := s.site.Next()
		s.next = &step
	}
	return *s.next
}

// event takes what happens next, as it happens at a time.
func (s *Story) event(at time.Time) Event {
	ev := s.next.Event
	ev.Timestamp, ev.ID = at.UTC().Format(timestampLayout), s.newID(at)
	s.next = nil
	return ev
}

// take returns the events that have happened by now, with ids, limit at most.
func (s *Story) take(now time.Time, limit int) []Event {
	var batch []Event
	for len(batch) < limit {
		at := s.peek()
		if at.After(now) {
			break
		}
		batch = append(batch, s.event(at))
	}
	return batch
}

// newID makes a UUIDv7 of the event's time, this run and a count: in order of time, which is what a
// store likes best, and never the same twice.
func (s *Story) newID(at time.Time) string {
	s.made++
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16)
	copy(id[6:12], s.run[:])
	binary.BigEndian.PutUint32(id[12:], s.made)
	id[6] = id[6]&0x0f | 0x70 // version 7
	id[8] = id[8]&0x3f | 0x80 // RFC 9562's variant
	h := hex.EncodeToString(id[:])
	return "evt_" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
