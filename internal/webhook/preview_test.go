package webhook

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/delivery"
	"postern/internal/problem"
)

func TestPreview_AppliesAFilterToTheNewestThousand(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	if p, err := s.service.Preview(t.Context(), []string{"*"}, delivery.Settings{}); err != nil || p.Examined != 0 || len(p.Matching) != 0 {
		t.Errorf("of nothing: %+v, %v", p, err)
	}
	const n = 1200
	lines := make([]string, n)
	for i := range lines { // the newest thousand are those from 200 on
		kind := []string{"face_matched", "line_crossed"}[i%2]
		lines[i] = sample(kind, []string{"door", "gate"}[i/2%2], fmt.Sprint("cam-", i%5), map[string]any{"similarity": float64(i%10) / 10})
	}
	s.publishJSON(strings.Join(lines[:600], "\n"))
	s.publishJSON(strings.Join(lines[600:], "\n"))
	for name, tc := range map[string]struct {
		types    []string
		settings delivery.Settings
		want     int
	}{
		"everything": {[]string{"*"}, delivery.Settings{}, 1000},
		"one type":   {[]string{"line_crossed"}, delivery.Settings{}, 500},
		"cameras":    {[]string{"*"}, delivery.Settings{Cameras: []string{"cam-1", "cam-3"}}, 400},
		"source":     {[]string{"*"}, delivery.Settings{Sources: []string{"gate"}}, 500},
		"conditions": {[]string{"*"}, delivery.Settings{Conditions: jsontext.Value(`{"similarity": {">=": 0.8}}`)}, 200},
		"all of it": {[]string{"face_matched"}, delivery.Settings{Sources: []string{"door"},
			Conditions: jsontext.Value(`{"similarity": {">=": 0.8}}`)}, 50},
		"nothing":      {[]string{"system_error"}, delivery.Settings{}, 0},
		"not a filter": {[]string{"*"}, delivery.Settings{StormSeconds: 60, PerSecond: 1}, 1000},
	} {
		p, err := s.service.Preview(t.Context(), tc.types, tc.settings)
		if err != nil || p.Examined != 1000 || len(p.Matching) != tc.want {
			t.Errorf("%s: %d of %d match, %v, want %d", name, len(p.Matching), p.Examined, err, tc.want)
			continue
		}
		for i, e := range p.Matching {
			if e.Seq <= n-1000 || i > 0 && e.Seq >= p.Matching[i-1].Seq {
				t.Errorf("%s: match %d is event %d", name, i, e.Seq)
				break
			}
		}
	}
	_, err := s.service.Preview(t.Context(), []string{"no_such_type"}, delivery.Settings{InFlight: -1})
	var invalid *problem.Error
	if !errors.As(err, &invalid) || len(invalid.Fields) != 2 {
		t.Errorf("two wrong fields: %v", err)
	}
}
