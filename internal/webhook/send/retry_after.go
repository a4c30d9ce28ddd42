package send

import (
	"errors"
	"net/http"
	"net/mail"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter is the longest wait that a receiver can ask for.
const MaxRetryAfter = time.Hour

// parseRetryAfter reads a Retry-After header (RFC 9110, 10.2.3): seconds, or a
// date in any of HTTP's three forms. Many receivers send fractions of seconds,
// and dates in the form of mail. The wait is rounded up to whole seconds, never
// down. Zero means that the header is missing or can't be read.
func parseRetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if strings.Trim(header, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(header, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) { // of that, it makes infinity
			return 0
		}
		return roundUp(time.Duration(min(seconds, MaxRetryAfter.Seconds()) * float64(time.Second)))
	}
	at, err := http.ParseTime(header)
	if err != nil {
		at, err = mail.ParseDate(header)
	}
	if err != nil {
		return 0
	}
	return roundUp(min(max(0, at.Sub(now)), MaxRetryAfter))
}

// roundUp returns the least number of whole seconds that is no shorter than d.
func roundUp(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}
