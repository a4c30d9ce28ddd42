package request

import (
	"net/url"
	"strings"
	"time"

	"postern/internal/delivery"
	"postern/internal/problem"
)

// AttemptFilter reads outcome, class, replay, since and until. Its errors
// are *problem.Error.
func AttemptFilter(values url.Values, now time.Time) (f delivery.AttemptFilter, err error) {
	switch outcome := delivery.Outcome(values.Get("outcome")); outcome {
	case "all":
	case delivery.AnyOutcome, delivery.OutcomeDelivered, delivery.OutcomeFailed:
		f.Outcome = outcome
	default:
		return f, problem.InvalidField("outcome", `The outcome must be "delivered" or "failed", or left out for all attempts.`)
	}
	if name := values.Get("class"); name != "" {
		var ok bool
		if f.Class, ok = delivery.ParseClass(name); !ok {
			return f, problem.InvalidField("class", "The class must be one of %s.", strings.Join(delivery.ClassNames(), ", "))
		}
		if f.Outcome == delivery.OutcomeDelivered {
			return f, problem.InvalidField("class", "Only failed attempts have a class; leave out outcome=delivered.")
		}
	}
	if name := values.Get("band"); name != "" {
		var ok bool
		if f.Band, ok = delivery.ParseBand(name); !ok {
			return f, problem.InvalidField("band", "The band must be one of %s.", strings.Join(delivery.BandNames(), ", "))
		}
	}
	switch replay := values.Get("replay"); replay {
	case "", "false":
	case "true":
		f.Replay = true
	default:
		return f, problem.InvalidField("replay", `The value must be "true" for attempts of replays and resends, or left out.`)
	}
	if f.Since, err = QueryTime("since", values, now); err != nil {
		return f, err
	}
	f.Until, err = QueryTime("until", values, now)
	return f, err
}
