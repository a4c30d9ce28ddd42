package delivery

import (
	"time"

	"postern/internal/event"
)

// Progress is what decides the states of an endpoint's deliveries, beside their
// records.
type Progress struct {
	N       int64
	ID, URL string
	Created time.Time
	Removed bool
	// Cursor is how far the endpoint has settled the log, BeganAfter where it began;
	// zero if that is unknown.
	Cursor, BeganAfter int64
	// Versions are the versions of the settings, oldest first.
	Versions []SettingsVersion
}

// Delivery returns the delivery of an event: what its record says, or else what the
// settings say that were valid for the event. record is nil if the store has none.
func (p *Progress) Delivery(e *event.Event, record *Delivery) Delivery {
	d := Delivery{WebhookID: p.ID, URL: p.URL}
	if record != nil {
		d = *record
	}
	switch unsent := d.Unsent; {
	case len(d.Attempts) > 0 || d.Pending != nil:
		d.Derive()
		if d.State == Skipped {
			d.Reason = p.skipped(unsent)
		}
	case unsent == nil || unsent.Range:
		d.State, d.Reason = p.unrecorded(e, unsent)
	case unsent.Cause == UnsentStorm:
		d.State, d.Reason = Suppressed, Reason{Rule: RuleStorm, Version: p.version(e.Seq)}
	case unsent.Cause == UnsentSkipped:
		d.State, d.Reason = Skipped, p.skipped(unsent)
	default:
		d.State = Unknown
	}
	return d
}

// unrecorded returns the state of a delivery that has no record of its own. skipped is
// the range that a person skipped, if the event is in one.
func (p *Progress) unrecorded(e *event.Event, skipped *Unsent) (DeliveryState, Reason) {
	if e.Seq <= p.BeganAfter || p.BeganAfter == 0 && e.Received.Before(p.Created) {
		return NotSent, Reason{Rule: RuleLater, At: p.Created}
	}
	version := p.version(e.Seq)
	if version == nil {
		r := Reason{Rule: RuleUnknown}
		if len(p.Versions) > 0 {
			r.At = p.Versions[0].At
		}
		return NotSent, r
	}
	selection := version.Selection(p.ID)
	switch rule := selection.Decide(e); {
	case rule == RuleCondition && !e.Erased.IsZero():
		return NotSent, Reason{Rule: RuleErased, At: e.Erased, Version: version}
	case rule != NoRule:
		r := Reason{Rule: rule, Version: version, Event: e}
		r.Test, _ = version.Filter.Conditions.Failed(e.Data)
		return NotSent, r
	case e.Seq > p.Cursor:
		return Waiting, Reason{}
	case skipped != nil:
		return Skipped, p.skipped(skipped)
	default:
		return Unknown, Reason{}
	}
}

// version returns the version of the settings that holds for an event; nil if it is
// unknown.
func (p *Progress) version(seq int64) *SettingsVersion {
	for i := len(p.Versions) - 1; i >= 0; i-- {
		if v := &p.Versions[i]; v.After < seq {
			return v
		}
	}
	return nil
}

// skipped is the reason for a delivery that a person skipped.
func (p *Progress) skipped(record *Unsent) Reason {
	r := Reason{Rule: RuleSkipped}
	if p.Removed {
		r.Rule = RuleRemoved
	}
	if record != nil {
		r.At = record.At
	}
	return r
}
