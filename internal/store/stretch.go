package store

import (
	"slices"
	"time"

	"postern/internal/event"
)

// stretchEvents is how many numbers of the log a stretch has. A search by text
// or time rules stretches out as a whole and looks at every event of those
// that are left.
const stretchEvents = 8192

// stretch is what is known of a part of the log, so that it needn't be read.
type stretch struct {
	n            int64 // its place: it begins at n*stretchEvents+1
	atMin, atMax int64 // Unix microseconds, of the events' own times
	types        event.TypeSet
	words        *words // nil where they aren't known
}

func stretchOf(seq int64) int64     { return (seq - 1) / stretchEvents }
func (s *stretch) first() int64     { return s.n*stretchEvents + 1 }
func (s *stretch) last() int64      { return (s.n + 1) * stretchEvents }
func newStretch(seq int64) *stretch { return &stretch{n: stretchOf(seq), words: new(words)} }
func (s *stretch) empty() bool      { return s.types == 0 }

// add adds an event to what is known, and to the index.
func (s *stretch) add(e *event.Event, x *index) {
	at := e.Time.UnixMicro()
	if s.empty() {
		s.atMin, s.atMax = at, at
	}
	s.atMin, s.atMax = min(s.atMin, at), max(s.atMax, at)
	s.types |= event.Types(e.Type)
	x.add(e, s.words)
}

// verdict is what a stretch says about a filter.
type verdict int

const (
	none  verdict = iota // nothing in it matches
	maybe                // each event has to be looked at
	timed                // as maybe, but all are within the filter's times
)

// judge says what the stretch has for a filter.
func (s *stretch) judge(f *sought) verdict {
	since, until := bounds(&f.Filter)
	switch {
	case s.empty(), s.atMax < since, s.atMin >= until,
		f.Types != 0 && f.Types&event.AllTypes == 0 && f.Types&s.types == 0,
		s.words != nil && !s.mayHave(f):
		return none
	case s.atMin >= since && s.atMax < until:
		return timed
	}
	return maybe
}

// mayHave reports whether some event may have the texts that are sought.
func (s *stretch) mayHave(f *sought) bool {
	if f.Text != "" && !s.words.mayContain(f.text) && !f.ids.mayBeIn(s.n) {
		return false
	}
	return (len(f.sources) == 0 || slices.ContainsFunc(f.sources, s.words.mayContain)) &&
		(len(f.cameras) == 0 || slices.ContainsFunc(f.cameras, s.words.mayContain))
}

// bounds returns a filter's times in Unix microseconds: from since on, and
// before until.
func bounds(f *event.Filter) (since, until int64) {
	since, until = -1<<63, 1<<63-1
	if !f.Since.IsZero() {
		since = ceilMicro(f.Since)
	}
	if !f.Until.IsZero() {
		until = ceilMicro(f.Until)
	}
	return since, until
}

// ceilMicro is t in Unix microseconds, a finer time's next one: an event at
// or after t is at or after that.
func ceilMicro(t time.Time) int64 {
	us := t.UnixMicro()
	if event.FromMicro(us).Before(t) {
		us++
	}
	return us
}
