package timeline

import (
	"time"

	"postern/internal/delivery"
	"postern/views/ui"
)

// Props are what a waterfall shows.
type Props struct {
	Now     time.Time
	Attempt delivery.Attempt
	// Received and Committed are when the event arrived, and when it was on disk; zero
	// where that isn't known.
	Received, Committed time.Time
	// Delivery is the delivery that the attempt belongs to; nil if it isn't known.
	Delivery *delivery.Delivery
}

// phaseWords are the phases in words for people.
var phaseWords = [delivery.PhaseCount]struct{ name, means string }{
	delivery.PhaseDNS:      {"DNS", "the host's name is looked up"},
	delivery.PhaseConnect:  {"Connect", "a connection is opened"},
	delivery.PhaseTLS:      {"TLS", "the connection is secured"},
	delivery.PhaseRequest:  {"Request", "the request is sent"},
	delivery.PhaseWait:     {"First byte", "the receiver works on its answer"},
	delivery.PhaseResponse: {"Response", "the answer is read"},
}

// kind is how a phase is drawn: the connection, the exchange, or the wait for the
// receiver.
func kind(p delivery.Phase) string {
	switch p {
	case delivery.PhaseDNS, delivery.PhaseConnect, delivery.PhaseTLS:
		return "connection"
	case delivery.PhaseWait:
		return "receiver"
	default:
		return "exchange"
	}
}

// row is a step of a waterfall: its time since the attempt began, which is negative
// for a step before it.
type row struct {
	name, means string
	from, to    time.Duration
	kind        string // how it is drawn; empty for no bar
	known       bool   // from and to are
	moment      bool   // it takes no time
	failed      bool
}

// start is a row's start in words.
func (r row) start() string {
	switch {
	case !r.known:
		return "Unknown"
	case r.from < 0:
		return "−" + short(-r.from)
	case r.from < 100*time.Microsecond:
		return "0 ms"
	}
	return "+" + short(r.from)
}

// short is a length of time in few characters.
func short(d time.Duration) string {
	if d < 100*time.Microsecond {
		return "0.1 ms" // at most
	}
	return ui.Span(d)
}

// took is how long a row took, in words.
func (r row) took() string {
	switch {
	case !r.known:
		return "Not recorded"
	case r.moment:
		return ""
	}
	if d := r.to - r.from; d >= 100*time.Microsecond {
		return ui.Span(d)
	}
	return "<0.1 ms"
}

// rows are the steps of the waterfall in their order.
func (p Props) rows() []row {
	rows := p.before()
	line := p.Attempt.Timeline
	if line == nil {
		return append(rows, row{name: "Attempt", to: p.Attempt.Duration, kind: "exchange", known: true, failed: !p.Attempt.OK()})
	}
	failed, known := p.Attempt.FailedIn()
	for i, at := range line.Phases {
		if at.Reached() {
			phase := delivery.Phase(i)
			rows = append(rows, row{name: phaseWords[i].name, means: phaseWords[i].means, from: at.From, to: at.To, kind: kind(phase), known: true,
				failed: known && failed == phase})
		}
	}
	return append(rows, row{name: "Done", from: p.Attempt.Duration, known: true, moment: true})
}

// before are the steps before the attempt began: from the event's arrival, or from the
// attempt before.
func (p Props) before() []row {
	began := p.Attempt.At
	if last := p.previous(); last != nil {
		waited := row{name: "Retry", means: "the wait since the attempt before", from: min(0, last.Ended().Sub(began)), known: true, kind: "wait"}
		return []row{waited}
	}
	if p.Received.IsZero() {
		return nil
	}
	arrived := min(0, p.Received.Sub(began))
	rows := []row{{name: "Received", means: "the event arrived", from: arrived, known: true, moment: true, kind: "wait"}}
	committed := min(0, max(arrived, p.Committed.Sub(began)))
	switch {
	case p.Attempt.Replay:
		return rows // a person asked for it much later
	case p.Committed.IsZero():
		return append(rows, row{name: "Committed", means: "the event was on disk"},
			row{name: "Queued", means: "from its arrival to this attempt, with the commit", from: arrived, known: true, kind: "wait"})
	}
	return append(rows, row{name: "Committed", means: "the event was on disk", from: arrived, to: committed, known: true, kind: "wait"},
		row{name: "Queued", means: "from the commit to this attempt", from: committed, known: true, kind: "wait"})
}

// previous is the delivery's attempt before this one; nil for none.
func (p Props) previous() (last *delivery.Attempt) {
	if p.Delivery == nil {
		return nil
	}
	for i := range p.Delivery.Attempts {
		a := &p.Delivery.Attempts[i]
		if a.ID() == p.Attempt.ID() {
			return last
		}
		last = a
	}
	return nil
}

// next is when the delivery's next attempt is due, if this one is its last; zero
// otherwise.
func (p Props) next() time.Time {
	if d := p.Delivery; d != nil && d.Last != nil && d.Last.ID() == p.Attempt.ID() && d.State == delivery.Retrying && !d.OnHold() {
		return d.NextAttempt
	}
	return time.Time{}
}

// scale is what the bars are measured by: the time at the left end and at the right.
type scale struct{ from, to time.Duration }

// maxLead is how much of the drawing the time before the attempt may take, as a
// multiple of the attempt. Longer waits have no bar, or the phases would be too small
// to be seen.
const maxLead = 2

func (p Props) scale() scale {
	took := max(p.Attempt.Duration, time.Microsecond)
	s := scale{to: took}
	for _, r := range p.before() {
		if r.known && r.from < s.from && -r.from <= maxLead*took {
			s.from = r.from
		}
	}
	return s
}

// width of a drawing in its own units.
const width = 1000

// at is the place of a time in the drawing.
func (s scale) at(d time.Duration) int {
	return int(min(max(int64(d-s.from)*width/max(int64(s.to-s.from), 1), 0), width))
}

// shows reports whether a row has a bar.
func (s scale) shows(r row) bool { return r.known && r.kind != "" && r.from >= s.from }

// ticks are the times at the left end, in the middle and at the right end.
func (s scale) ticks() [3]string {
	var words [3]string
	for i, d := range [3]time.Duration{s.from, (s.from + s.to) / 2, s.to} {
		words[i] = row{from: d, known: true}.start()
	}
	return words
}
