package palette

import "testing"

func TestRank(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, label, more string
		want              int
	}{
		{"", "Events", "", startsWords},
		{"ev", "Events", "log", startsLabel},
		{"LOG", "Events", "log history", startsWords},
		{"og", "Events", "log", contains},
		{"lobby cam", "gate-lobby-cam-1", "", startsWords},
		{"sorensen", "Sørensen", "", startsLabel},
		{"door hook", "hooks.example.com/door", "", startsWords},
		{"door xyz", "hooks.example.com/door", "", noMatch},
	} {
		if got := rank(c.text, c.label, c.more); got != c.want {
			t.Errorf("%q for %q (%s) has rank %d, want %d", c.text, c.label, c.more, got, c.want)
		}
	}
}
