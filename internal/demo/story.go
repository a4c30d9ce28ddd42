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
	coarse    = time.Minute    // steps in which the past arrives
	fine      = 5 * time.Second
	fineSince = time.Hour // before now: the last part of the past, which arrives in fine steps
)

// ErrBegun means that a story has begun, so that it can't get a past.
var ErrBegun = errors.New("the story has begun")

// Story is a Site's events with their times and ids. Ids differ between Stories, even of the same seed. It
// isn't safe for concurrent use.
type Story struct {
	site *Site
	run  [6]byte // of the ids, so that they differ from those of other Stories
	made uint32

	start time.Time // when it began; zero until it has
	next  *Step     // taken from the site, not due yet
}

// NewStory returns a Story that hasn't begun. The caller must not use the site any more.
func NewStory(site *Site) *Story {
	s := &Story{site: site}
	rand.Read(s.run[:])
	return s
}

// Past makes the events of the time d before now, at most 24 hours, and returns their number. It calls
// deliver with the events of each arrival as a JSON array, in order. The site has its full rate now, and was
// quiet half a day ago. The story then continues from now. Its errors are ErrBegun if the story has begun,
// and those of deliver.
func (s *Story) Past(d time.Duration, now time.Time, deliver func(arrived time.Time, events []byte) error) (events int, err error) {
	if !s.start.IsZero() {
		return 0, fmt.Errorf("tell the past of %v: %w", d, ErrBegun)
	}
	if d < 0 || d > maxPast {
		return 0, fmt.Errorf("tell the past of %v: want 0 to %v", d, maxPast)
	}
	told := time.Duration(0) // the part of the story so far
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

// busyness returns the rate of the site some time ago, as a share of its rate now.
func busyness(ago time.Duration) float64 {
	return 0.55 + 0.45*math.Cos(2*math.Pi*ago.Hours()/24)
}

// Rate returns the average of events a second from now on.
func (s *Story) Rate() float64 { return s.site.Rate() }

// begin begins the story, unless it has begun.
func (s *Story) begin(now time.Time) {
	if s.start.IsZero() {
		s.start = now
	}
}

// skip moves the rest of the story back by d.
func (s *Story) skip(d time.Duration) { s.start = s.start.Add(d) }

// wallClock returns the time without its monotonic part, which stands still while a machine sleeps.
func wallClock() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// peek returns the time of the next event.
func (s *Story) peek() time.Time { return s.start.Add(s.peekStep().At) }

// peekStep returns the next step, without taking it.
func (s *Story) peekStep() Step {
	if s.next == nil {
		step := s.site.Next()
		s.next = &step
	}
	return *s.next
}

// event takes the next step and returns its event, with a time and an id.
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

// newID makes a UUIDv7 of the event's time, this run and a count. It is unique, and in order of time, which
// is quickest for a store.
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
