package stats

import (
	"fmt"
	"time"
)

// Degradation says since when an endpoint is degraded, with the numbers behind it.
type Degradation struct {
	Since time.Time
	// InRow is how many attempts failed in a row, or zero where they are too few to
	// matter. Failed of Attempts failed of late.
	InRow, Failed, Attempts int
	// P95 is that of the last deliveries where it is far above Normal, or else zero.
	P95, Normal time.Duration
}

// Cause says in a sentence why the endpoint is degraded. lastError is the detail of
// the newest failed attempt.
func (d Degradation) Cause(lastError string) string {
	if lastError != "" {
		lastError = " " + lastError
	}
	switch {
	case d.InRow > 0:
		return fmt.Sprintf("The last %d attempts failed.%s", d.InRow, lastError)
	case d.P95 > 0:
		return fmt.Sprintf("The p95 response time of the last %d deliveries is %s; normal is %s.", d.Attempts-d.Failed,
			shortDuration(d.P95), shortDuration(d.Normal))
	case d.Failed > 0:
		return fmt.Sprintf("%d of the last %d attempts failed.%s", d.Failed, d.Attempts, lastError)
	default:
		return "Attempts failed or were slow a short while ago. Now they succeed."
	}
}

// shortDuration writes a duration with two digits or three.
func shortDuration(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}
