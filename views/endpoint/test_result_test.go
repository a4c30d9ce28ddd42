package endpoint

import (
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
)

func TestStepsOfATrial(t *testing.T) {
	for name, tc := range map[string]struct {
		trial TestResult
		want  string
	}{
		"plain http by address": {
			TestResult{TestResult: delivery.TestResult{
				Address: "127.0.0.1:9", Connect: time.Millisecond, FirstByte: 2 * time.Millisecond,
				Attempt: delivery.Attempt{Duration: 4 * time.Millisecond},
			}},
			"127.0.0.1:9|None, plain http|Not needed|in 1 ms|Not needed|in 2 ms|4 ms",
		},
		"no such name": {TestResult{Secure: true}, "None|Not negotiated|Not reached|Not reached|Not reached|Not reached|under 0.1 ms"},
		"to the end": {
			TestResult{Secure: true, TestResult: delivery.TestResult{
				Address: "a", TLS: "TLS 1.3", DNS: 1e6, Connect: 2e6, Handshake: 3e6, FirstByte: 4e6,
				Attempt: delivery.Attempt{Duration: 1e7},
			}},
			"a|TLS 1.3|in 1 ms|in 2 ms|in 3 ms|in 4 ms|10 ms",
		},
	} {
		var got []string
		for _, f := range tc.trial.Facts() {
			got = append(got, f.Value)
		}
		if joined := strings.Join(got, "|"); joined != tc.want {
			t.Errorf("%s: %s, want %s", name, joined, tc.want)
		}
	}
}
