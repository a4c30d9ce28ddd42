package delivery

import (
	"slices"
	"time"
)

// Causes are causes for which events weren't delivered.
type Causes uint8

// The causes that a recovery delivers. Their numbers are stored and never change.
const (
	CauseExhausted Causes = 1 << iota // its attempts are used up
	CauseSetAside                     // a person, or the settings, set it aside
	CauseSkipped                      // a person resumed the endpoint from now on
	CauseStorm                        // storm control held it back

	AllCauses = CauseExhausted | CauseSetAside | CauseSkipped | CauseStorm
)

// causeNames are the names of the causes in the API, in their order.
var causeNames = []string{"exhausted", "set_aside", "skipped", "storm_control"}

// Each returns the causes one by one.
func (c Causes) Each() []Causes {
	var each []Causes
	for i := range causeNames {
		if one := Causes(1 << i); c&one != 0 {
			each = append(each, one)
		}
	}
	return each
}

// Names returns the causes' names in the API.
func (c Causes) Names() []string {
	names := []string{}
	for i, name := range causeNames {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// ParseCauses reads causes' names; ok is false if there is an unknown one, or none.
func ParseCauses(names []string) (c Causes, ok bool) {
	for _, name := range names {
		i := slices.Index(causeNames, name)
		if i < 0 {
			return 0, false
		}
		c |= 1 << i
	}
	return c, c != 0
}

// Cause returns why the event wasn't delivered, as far as a recovery can deliver it;
// zero otherwise.
func (d *Delivery) Cause() Causes {
	switch {
	case d.State == Exhausted && d.Pending.Aside:
		return CauseSetAside
	case d.State == Exhausted:
		return CauseExhausted
	case d.State == Skipped && d.Reason.Rule == RuleSkipped:
		return CauseSkipped
	case d.State == Suppressed:
		return CauseStorm
	default:
		return 0
	}
}

// Recovery delivers to some endpoints the events of a time that weren't delivered. It
// is a replay for each.
type Recovery struct {
	ID      string
	Replays []*Replay // oldest webhook first; they share all but their endpoint and progress
}

// Ended returns when the last of the replays ended; zero while one runs.
func (r *Recovery) Ended() (last time.Time) {
	for _, one := range r.Replays {
		if one.EndedAt.IsZero() {
			return time.Time{}
		}
		if one.EndedAt.After(last) {
			last = one.EndedAt
		}
	}
	return last
}

// Stopped reports whether a person stopped one of the replays.
func (r *Recovery) Stopped() bool {
	return slices.ContainsFunc(r.Replays, func(one *Replay) bool { return one.Stopped })
}

// Undelivered counts events that weren't delivered to an endpoint.
type Undelivered struct {
	WebhookID, URL string
	ByCause        map[Causes]int
	// Expired are events that retention removed before they were delivered, those
	// among them that the endpoint hadn't reached whether they were for it or not.
	Expired int64
	// Exact is false if counting took too long: then there are at least as many.
	Exact bool
}

// Total returns the number of events that can be delivered.
func (u *Undelivered) Total() (n int) {
	for _, count := range u.ByCause {
		n += count
	}
	return n
}
