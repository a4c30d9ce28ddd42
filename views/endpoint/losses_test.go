package endpoint

import (
	"strings"
	"testing"

	"postern/internal/delivery"
)

func TestResumingSaysWhatFollows(t *testing.T) {
	for _, tc := range []struct {
		e             Endpoint
		button, means string
	}{
		{Endpoint{State: delivery.Paused, Waiting: 3}, "Resume (3 events waiting)", "oldest first"},
		{Endpoint{State: delivery.Paused}, "Resume", "The backlog is empty"},
		{Endpoint{State: delivery.Failing, Retrying: 1}, "Retry now (1 retry waiting)", "without waiting for the next check"},
	} {
		if got := tc.e.ResumeLabel(); got != tc.button {
			t.Errorf("%q, want %q", got, tc.button)
		}
		if got := tc.e.ResumeHelp(); !strings.Contains(got, tc.means) {
			t.Errorf("%q doesn't say %q", got, tc.means)
		}
	}
}

func TestLossesAreNamedWhereThereAreAny(t *testing.T) {
	if got := (Endpoint{}).Losses(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	got := Endpoint{Expired: 2, Suppressed: 1, Settings: delivery.Settings{StormSeconds: 30}}.Losses()
	if len(got) != 2 || got[0].Name != "Expired" || !strings.Contains(got[1].Means, "within 30 s") {
		t.Errorf("%v", got)
	}
}
