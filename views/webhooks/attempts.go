package webhooks

import (
	"net/url"
	"time"

	"github.com/a-h/templ"

	"postern/internal/delivery"
	"postern/views/ui"
)

// AttemptFilter is the filter of a list of attempts, and what its form adds.
type AttemptFilter struct {
	delivery.AttemptFilter
	// From and To are the typed texts that can't be parsed as times.
	From, To string
	Errors   map[string]string
}

// Query is the filter as a URL's query.
func (f AttemptFilter) Query() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("outcome", string(f.Outcome))
	set("class", f.Class.String())
	set("band", f.Band.String())
	if f.Replay {
		v.Set("replay", "true")
	}
	if !f.Since.IsZero() {
		v.Set("since", f.Since.UTC().Format(time.RFC3339Nano))
	}
	if !f.Until.IsZero() {
		v.Set("until", f.Until.UTC().Format(time.RFC3339Nano))
	}
	return v
}

// filtered reports whether the filter excludes any attempt.
func (f AttemptFilter) filtered() bool { return len(f.Query()) > 0 }

// timed reports whether the folded part of the form is in use: times or a class.
func (f AttemptFilter) timed() bool {
	return f.Class != delivery.ClassNone || f.Band != delivery.BandNone || !f.Since.IsZero() || !f.Until.IsZero() || len(f.Errors) > 0
}

// with returns the filter for another outcome, or for resent events.
func (f AttemptFilter) with(outcome delivery.Outcome, replay bool) AttemptFilter {
	f.Outcome, f.Replay = outcome, replay
	if outcome == delivery.OutcomeDelivered {
		f.Class = delivery.ClassNone
	}
	if outcome == delivery.OutcomeDelivered && f.Band.Failed() || outcome == delivery.OutcomeFailed && !f.Band.Failed() {
		f.Band = delivery.BandNone // no attempt is both
	}
	return f
}

func attemptsURL(p Props, f AttemptFilter, cursor string) templ.SafeURL {
	return templ.SafeURL(attemptsPath(p, f, cursor) + "#attempts")
}

func attemptsPath(p Props, f AttemptFilter, cursor string) string {
	v := f.Query()
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	to := string(ui.WebhookURL(p.Endpoint.ID))
	if len(v) > 0 {
		to += "?" + v.Encode()
	}
	return to
}

// noAttempts says why a list of attempts is empty.
func (p Props) noAttempts() string {
	switch {
	case p.Older != "":
		return "No match among the newest attempts. Older attempts may match."
	case p.Filter.filtered():
		return "No matching attempts."
	default:
		return "Nothing has been sent yet. The first matching event will be."
	}
}
