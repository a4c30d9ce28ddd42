package request

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"postern/internal/problem"
)

// FuzzAttemptFilter reads the filter of a list of attempts.
func FuzzAttemptFilter(f *testing.F) {
	f.Add("outcome=failed&class=timeout&since=2026-03-19T10:32:15Z")
	f.Add("outcome=&class=%00&until=0000-00-00T00:00:00Z&replay=x")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		_, err = AttemptFilter(values, time.Unix(1_800_000_000, 0))
		var invalid *problem.Error
		if err != nil && !errors.As(err, &invalid) {
			t.Errorf("%q: %v", query, err)
		}
	})
}
