package webhook

import (
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/event"
	"postern/internal/store/deliveries"
)

// Pending changes of state, in minutes and kinds: F failing, D disabled,
// R recovered, P paused, S resumed, X removed.
func TestAnnouncements_next(t *testing.T) {
	t.Parallel()
	kinds := map[rune]event.Kind{'F': event.WebhookFailing, 'D': event.WebhookDisabled, 'R': event.WebhookRecovered,
		'P': event.WebhookPaused, 'S': event.WebhookResumed, 'X': event.WebhookRemoved}
	begin := time.Date(2026, 3, 19, 10, 0, 0, 0, time.UTC)
	type change struct {
		kind rune
		at   float64 // minutes
	}
	for name, tc := range map[string]struct {
		waiting   []change
		open      bool
		last, now float64 // last below zero: never
		published string
		dropped   string
		due       float64 // zero: never
	}{
		"an opening":                                {[]change{{'F', 0}}, false, -1, 0, "F", "", 0},
		"another within the interval":               {[]change{{'F', 4}}, false, 1, 5, "", "", 11},
		"another after the interval":                {[]change{{'F', 4}}, false, 1, 11, "F", "", 0},
		"one that was over within the interval":     {[]change{{'F', 4}, {'R', 6}}, false, 1, 7, "", "FR", 0},
		"one that was over when it was due":         {[]change{{'F', 4}, {'R', 12}}, false, 1, 12.5, "F", "", 13},
		"flapping while one is open":                {[]change{{'R', 1}, {'F', 1.5}, {'R', 2}, {'F', 2.5}}, true, 0, 3, "", "RFRF", 0},
		"flapping that ends":                        {[]change{{'R', 1}, {'F', 1.5}, {'R', 2}}, true, 0, 3, "R", "RF", 0},
		"a recovery that is young":                  {[]change{{'R', 1}}, true, 0, 1.5, "", "", 2},
		"a recovery that lasted":                    {[]change{{'R', 1}}, true, 0, 2, "R", "", 0},
		"a recovery that lasted, then failing":      {[]change{{'R', 1}, {'F', 2.5}}, true, 0, 3, "R", "", 10},
		"a recovery of nothing announced":           {[]change{{'R', 1}}, false, -1, 9, "", "R", 0},
		"a pause of a healthy webhook":              {[]change{{'P', 1}, {'S', 2}}, false, -1, 2, "", "PS", 0},
		"a pause of a failing one":                  {[]change{{'P', 1}, {'S', 2}}, true, 0, 2, "P", "S", 0},
		"a removal":                                 {[]change{{'X', 1}}, true, 0, 1, "X", "", 0},
		"disabled while failing":                    {[]change{{'D', 1}}, true, 0, 1, "D", "", 0},
		"disabled within the interval":              {[]change{{'F', 1}, {'D', 2}}, false, 0, 2, "D", "F", 0},
		"failing and disabled at once":              {[]change{{'F', 1}, {'D', 2}, {'S', 3}}, false, -1, 3, "FDS", "", 0},
		"a clock that was set back, for an opening": {[]change{{'F', 1}}, false, 500, 2, "F", "", 0},
		"a clock that was set back, for a recovery": {[]change{{'R', 500}}, true, 0, 2, "R", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			minutes := func(m float64) time.Time { return begin.Add(time.Duration(m * float64(time.Minute))) }
			a := announcements{isOpen: tc.open}
			if tc.open {
				a.open = []string{"known"}
			}
			if tc.last >= 0 {
				a.last = minutes(tc.last)
			}
			for _, c := range tc.waiting {
				a.waiting = append(a.waiting, deliveries.Announcement{
					ID: worker.AnnouncementID("wh_0", kinds[c.kind], minutes(c.at)), EndpointID: "wh_0", URL: urlA, At: minutes(c.at),
				})
			}
			events, dropped, due, err := a.next(minutes(tc.now))
			if err != nil {
				t.Fatal(err)
			}
			letters := func(ids []string) string {
				var b strings.Builder
				for _, id := range ids {
					for letter, kind := range kinds {
						if kindOf(id) == kind {
							b.WriteRune(letter)
						}
					}
				}
				return b.String()
			}
			var published []string
			for _, e := range events {
				published = append(published, e.ID)
				if ids, ends := e.Resolves(); ends != !opens(kindOf(e.ID)) || ends && tc.open && !slices.Contains(ids, "known") {
					t.Errorf("%s resolves %q", e.JSON(), ids)
				}
			}
			want := time.Time{}
			if tc.due > 0 {
				want = minutes(tc.due)
			}
			if p, d := letters(published), letters(dropped); p != tc.published || d != tc.dropped || !due.Equal(want) {
				t.Errorf("published %q, dropped %q, due at %v; want %q, %q, %v", p, d, due, tc.published, tc.dropped, want)
			}
		})
	}
}
