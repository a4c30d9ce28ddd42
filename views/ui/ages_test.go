package ui

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// noon is the "now" of every golden page.
var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

func TestTimeThatIsLeft(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "any moment now", 0: "any moment now", 40 * time.Second: "in 40 s", 5 * time.Minute: "in 5 min",
		23 * time.Hour: "in 23 h", 24*time.Hour - time.Second: "in 24 h", 90 * time.Second: "in 2 min", 30 * 24 * time.Hour: "in 30 days",
	} {
		if got := UntilOf(noon.Add(d), noon); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestAgeIsRough(t *testing.T) {
	now := time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "just now", -2 * time.Second: "just now", 12 * time.Second: "12 s ago", 3 * time.Minute: "3 min ago",
		47 * time.Hour: "47 h ago", 72 * time.Hour: "3 days ago", -time.Hour: "in the future",
	} {
		if got := AgeOf(now.Add(-d), now); got != want {
			t.Errorf("%v ago = %q, want %q", d, got, want)
		}
	}
}

// TestAges_AreWrittenAsTheBrowserWritesThem checks the examples that
// assets/test/age-text.test.js checks too.
func TestAges_AreWrittenAsTheBrowserWritesThem(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/ages.json")
	if err != nil {
		t.Fatal(err)
	}
	var examples []struct {
		SecondsAgo float64 `json:"seconds_ago"`
		Age        string  `json:"age"`
		Until      string  `json:"until"`
	}
	if err := json.Unmarshal(text, &examples); err != nil || len(examples) == 0 {
		t.Fatalf("%d examples, %v", len(examples), err)
	}
	for _, example := range examples {
		at := noon.Add(-time.Duration(example.SecondsAgo * float64(time.Second)))
		if got := AgeOf(at, noon); got != example.Age {
			t.Errorf("%g s ago: %q, want %q", example.SecondsAgo, got, example.Age)
		}
		if got := UntilOf(at, noon); got != example.Until {
			t.Errorf("%g s from now: %q, want %q", -example.SecondsAgo, got, example.Until)
		}
	}
}
