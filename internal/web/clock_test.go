package web

import (
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/store"
)

// jumpingClock is a wall clock that a test sets against the monotonic clock.
type jumpingClock struct{ ahead atomic.Int64 }

func (c *jumpingClock) now() time.Time       { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *jumpingClock) jump(d time.Duration) { c.ahead.Add(int64(d)) }

func startServiceAt(t *testing.T, c *jumpingClock) *service {
	t.Helper()
	began := time.Now()
	opts := store.Options{Now: c.now, Elapsed: func() time.Duration { return time.Since(began) }}
	return startServiceIn(t, t.TempDir(), opts, nil, func(*Server) {})
}

func TestAClockInDoubtIsShownAndConfirmed(t *testing.T) {
	t.Parallel()
	const confirm, question = "/settings/clock/confirm", "The server's clock is in doubt"
	for _, test := range []struct {
		name    string
		jump    time.Duration
		says    string
		confirm func(s *service)
	}{
		{"ahead, by the page", 31 * 24 * time.Hour, "31 d ahead", func(s *service) {
			s.done(confirm, url.Values{}).says("The clock is confirmed.")
			s.done(confirm, url.Values{}).says("The clock was not in doubt any more.")
		}},
		{"behind, by the API", -5 * time.Hour, "5 h back", func(s *service) {
			s.post(apiPath+"/clock/confirm", "").want(http.StatusOK).says(`"trusted"`)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			clock := new(jumpingClock)
			s := startServiceAt(t, clock)
			well := func() {
				t.Helper()
				s.get(apiPath + "/clock").want(http.StatusOK).says(`"trusted"`).saysNot("ahead_seconds")
				s.get("/readyz").want(http.StatusOK).saysNot("degraded")
				s.page("/settings").want(http.StatusOK).saysNot(question)
				s.page("/").want(http.StatusOK).saysNot("clock in doubt")
				s.get("/metrics").want(http.StatusOK).says("\npostern_clock_in_doubt 0\n")
			}
			s.post(apiPath+"/events", `{"type":"face_matched","source":"face_pipeline","data":{}}`).want(http.StatusAccepted)
			for s.get("/readyz").status != http.StatusOK { // the workers start beside the server
				time.Sleep(time.Millisecond)
			}
			well()
			clock.jump(test.jump)
			s.get(apiPath + "/clock").want(http.StatusOK).says(`"in_doubt"`).says(`"ahead_seconds"`).says(`"noticed_at"`).says(`"until"`)
			s.get("/readyz").want(http.StatusOK).says(`"ready"`).says("The clock jumped")
			s.page("/settings").want(http.StatusOK).says(question).says(test.says).says("Confirm the clock")
			s.page("/").want(http.StatusOK).says("clock in doubt")
			s.get("/metrics").want(http.StatusOK).says("\npostern_clock_in_doubt 1\n")
			test.confirm(s)
			well()
		})
	}
}
