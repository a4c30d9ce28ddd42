package silences

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/silence"
	"postern/views/ui"
)

// NewURL is the address of the form for a silence of what a match selects. Back is the
// page to which the form returns.
func NewURL(m silence.Match, back string) templ.SafeURL {
	v := url.Values{}
	if m.Types != 0 {
		v["event_type"] = m.Types.Names()
	}
	if len(m.Cameras) > 0 {
		v["camera_id"] = m.Cameras
	}
	if len(m.Sources) > 0 {
		v["source"] = m.Sources
	}
	if m.Webhook != "" {
		v.Set("webhook", m.Webhook)
	}
	if back != "" {
		v.Set("back", back)
	}
	return ui.URL("/silences/new?" + v.Encode())
}

// Subject says what a silence silences: "Liveness check failed, camera gate".
func Subject(m silence.Match) string {
	var parts []string
	if m.Types != 0 {
		var words []string
		for _, t := range m.Types.Each() {
			words = append(words, t.Info().Words)
		}
		parts = append(parts, ui.List(words))
	}
	add := func(one, many string, names []string) {
		switch len(names) {
		case 0:
		case 1:
			parts = append(parts, one+" "+ui.Tidy(names[0]))
		default:
			parts = append(parts, many+" "+ui.List(names))
		}
	}
	add("camera", "cameras", m.Cameras)
	add("source", "sources", m.Sources)
	if m.Webhook != "" {
		parts = append(parts, "webhook "+ui.Tidy(m.Webhook))
	}
	return ui.UpperFirst(strings.Join(parts, ", "))
}

// Active returns the silences that are active at a time.
func Active(list []*silence.Silence, now time.Time) []*silence.Silence {
	return slices.DeleteFunc(slices.Clone(list), func(one *silence.Silence) bool { return !one.Active(now) })
}

// end is when the present window of an active silence ends, or an inactive one's next
// window begins; zero for none.
func end(one *silence.Silence, now time.Time) time.Time {
	_, until, _ := one.Window(now)
	return until
}

// state says in a word where a silence stands.
func state(one *silence.Silence, now time.Time) string {
	switch {
	case !one.EndedAt.IsZero():
		return "Ended early"
	case one.Ended(now):
		return "Over"
	case one.Active(now):
		return "Active"
	default:
		return "Waiting"
	}
}
