package endpoint

import (
	"testing"
	"time"

	"postern/internal/delivery"
)

func TestEveryFailureSaysWhatToDo(t *testing.T) {
	for _, c := range AttemptClasses {
		if Remedy(&delivery.Attempt{Class: c.Class, Status: 418}) == "" {
			t.Errorf("%s says nothing", c.Class)
		}
	}
	seen := make(map[string]bool)
	for _, status := range []int{302, 401, 404, 410, 413, 418, 429, 500} {
		seen[Remedy(&delivery.Attempt{Class: delivery.ClassStatus, Status: status})] = true
	}
	if len(seen) != 8 || Remedy(&delivery.Attempt{}) != "" {
		t.Errorf("%d remedies", len(seen))
	}
}

func TestOutcomeInPlainWords(t *testing.T) {
	for _, tc := range []struct {
		a    delivery.Attempt
		want string
	}{
		{delivery.Attempt{Status: 200, Duration: 41 * time.Millisecond}, "Delivered in 41 ms"},
		{delivery.Attempt{Class: delivery.ClassStatus, Status: 503}, "Answered 503, an error at the receiver"},
		{delivery.Attempt{Class: delivery.ClassStatus, Status: 301}, "Answered 301, a redirect, which is not followed"},
		{delivery.Attempt{Class: delivery.ClassTimeout, Duration: 10 * time.Second}, "No response within 10 s"},
		{delivery.Attempt{Class: delivery.ClassDNS}, "Host name not found"},
		{delivery.Attempt{Class: delivery.ClassOther}, "Failed"},
	} {
		if got := OutcomeText(&tc.a); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
