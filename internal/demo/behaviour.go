package demo

import (
	"fmt"
	"net/url"
	"time"
)

// How a receiver answers a delivery whose signatures are right.
const (
	modeOK   = "ok"   // 200 at once
	modeSlow = "slow" // 200 after a delay
	modeFail = "fail" // 500 at once; the event is forgotten
	modeHang = "hang" // no answer until the sender gives up
)

const (
	defaultDelay = 2 * time.Second
	maxDelay     = time.Minute
	maxFor       = 24 * time.Hour
)

// behaviour is how a path answers. The zero value answers 200 at once.
type behaviour struct {
	mode  string
	delay time.Duration // before the answer, in modeSlow
	until time.Time     // zero for no end
}

// at returns the behaviour at a time: after its end, the zero value.
func (b behaviour) at(now time.Time) behaviour {
	if b.mode == "" || !b.until.IsZero() && !now.Before(b.until) {
		return behaviour{mode: modeOK}
	}
	return b
}

// parseBehaviour parses the parameters mode, delay (slow only) and for of a query. Its errors are whole
// sentences.
func parseBehaviour(query url.Values, now time.Time) (behaviour, error) {
	b := behaviour{mode: query.Get("mode")}
	switch b.mode {
	case modeOK, modeFail, modeHang:
	case modeSlow:
		b.delay = defaultDelay
	default:
		return behaviour{}, fmt.Errorf("mode is %q, want ok, slow, fail or hang", b.mode)
	}
	if text := query.Get("delay"); text != "" {
		if b.mode != modeSlow {
			return behaviour{}, fmt.Errorf("delay goes with mode=slow, not with mode=%s", b.mode)
		}
		var err error
		if b.delay, err = parseSpan("delay", text, maxDelay); err != nil {
			return behaviour{}, err
		}
	}
	if text := query.Get("for"); text != "" {
		span, err := parseSpan("for", text, maxFor)
		if err != nil {
			return behaviour{}, err
		}
		b.until = now.Add(span)
	}
	return b, nil
}

func parseSpan(name, text string, limit time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > limit {
		return 0, fmt.Errorf("%s is %q, want a time above zero such as 500ms or 30s, %v at most", name, text, limit)
	}
	return d, nil
}
