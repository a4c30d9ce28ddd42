package endpoint

import (
	"strings"
	"testing"

	"postern/internal/delivery"
)

func TestSettingsInWords(t *testing.T) {
	if got := SettingsFacts(delivery.Settings{}); len(got) != 0 {
		t.Errorf("%v", got)
	}
	var got []string
	for _, f := range SettingsFacts(delivery.Settings{Cameras: []string{"a", "b"}, Ordered: true, PerSecond: 0.5, InFlight: 1,
		TimeoutSeconds: 5, StormSeconds: 90}) {
		got = append(got, f.Name+": "+f.Value)
	}
	want := "Order: One event at a time, in sequence. " +
		"A refused event blocks later events|Rate: At most 30 requests/min|Concurrency: At most 1 request|" +
		"Response timeout: 5 s|Storm control: One event per camera, type and identity in 1 min 30 s"
	if joined := strings.Join(got, "|"); joined != want {
		t.Errorf("%s, want %s", joined, want)
	}
	if got := rateWords(20); got != "20 requests/s" {
		t.Error(got)
	}
}
