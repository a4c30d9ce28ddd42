package endpoint

import (
	"testing"
	"time"
)

func TestEveryFailureSaysWhatToDo(t *testing.T) {
	for _, c := range AttemptClasses {
		if (Attempt{Class: c.Name, Status: 418}).Remedy() == "" {
			t.Errorf("%s says nothing", c.Name)
		}
	}
	seen := make(map[string]bool)
	for _, status := range []int{302, 401, 404, 410, 413, 418, 429, 500} {
		seen[Attempt{Class: "status", Status: status}.Remedy()] = true
	}
	if len(seen) != 8 || (Attempt{OK: true}).Remedy() != "" {
		t.Errorf("%d remedies", len(seen))
	}
}

func TestOutcomeInPlainWords(t *testing.T) {
	for _, tc := range []struct {
		a    Attempt
		want string
	}{
		{Attempt{OK: true, Status: 200, Duration: 41 * time.Millisecond}, "Delivered in 41 ms"},
		{Attempt{Class: "status", Status: 503}, "Answered 503, an error at the receiver"},
		{Attempt{Class: "status", Status: 301}, "Answered 301, a redirect, which is not followed"},
		{Attempt{Class: "timeout", Duration: 10 * time.Second}, "No response within 10 s"},
		{Attempt{Class: "dns"}, "Host name not found"},
		{Attempt{Class: "other"}, "Failed"},
	} {
		if got := tc.a.Outcome(); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
