package timeline

import (
	"fmt"
	"testing"
	"time"

	"postern/internal/delivery"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// filled has n attempts in each hour of eight days.
func filled(now time.Time, n int64) Heatmap {
	h := Heatmap{Webhook: "wh_a", Now: now}
	for at := now.Truncate(time.Hour).Add(-8 * 24 * time.Hour); !at.After(now); at = at.Add(time.Hour) {
		one := delivery.BandHour{Start: at}
		one.Counts[delivery.BandUnder100] = n
		h.Hours = append(h.Hours, one)
	}
	return h
}

func TestHeatmap_LaysHoursOutInEveryZone(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		zone string
		now  time.Time
	}{
		{"UTC", time.Date(2026, 3, 19, 12, 30, 0, 0, time.UTC)},
		{"Asia/Kolkata", time.Date(2026, 3, 19, 12, 30, 0, 0, time.UTC)},
		{"Europe/Berlin", time.Date(2026, 10, 26, 12, 30, 0, 0, time.UTC)},   // an hour twice
		{"Europe/Berlin", time.Date(2026, 3, 30, 12, 30, 0, 0, time.UTC)},    // an hour left out
		{"America/Sao_Paulo", time.Date(2026, 1, 1, 2, 59, 0, 0, time.UTC)},  // another year here
		{"Pacific/Kiritimati", time.Date(2026, 1, 1, 9, 59, 0, 0, time.UTC)}, // a day ahead
	} {
		z := zone(t, tc.zone)
		h := filled(tc.now, 1)
		first := HeatmapStart(tc.now, z)
		want := int64(0)
		for i := range h.Hours {
			if !h.Hours[i].Start.In(z).Before(first) {
				want++
			}
		}
		days := h.days(z)
		got := int64(0)
		for i := range days {
			for n := range days[i].cells {
				c := &days[i].cells[n]
				delivered, _ := c.sum()
				got += delivered
				if delivered > 0 && (c.from.In(z).Hour() != n || c.from.In(z).Day() != days[i].start.Day()) {
					t.Errorf("%s: the hour from %v is in the cell %d of %v", tc.zone, c.from.In(z), n, days[i].start)
				}
			}
		}
		if got != want || len(days) != HeatmapDays || days[0].start.Day() != tc.now.In(z).Day() {
			t.Errorf("%s: %d of %d hours are shown in %d days from %v", tc.zone, got, want, len(days), days[0].start)
		}
	}
}

func TestHeatmap_ShowsTheWorstOfAnHour(t *testing.T) {
	t.Parallel()
	type counts = map[delivery.Band]int64
	for _, tc := range []struct {
		counts counts
		band   delivery.Band // that is chosen
		want   look
	}{
		{nil, 0, look{}},
		{counts{delivery.BandUnder100: 95, delivery.BandSlower: 5}, 0, look{delivery.BandUnder100, "0.1", "meaning-routine", 1}},
		{counts{delivery.BandUnder100: 94, delivery.BandSlower: 6}, 0, look{delivery.BandSlower, "10+", "meaning-attention", 4}},
		{counts{delivery.BandUnder100: 1000, delivery.BandTimeout: 1}, 0, look{delivery.BandTimeout, "time", "meaning-alert", 1}},
		{counts{delivery.BandUnder100: 1, delivery.BandTimeout: 1, delivery.BandError: 9}, 0,
			look{delivery.BandError, "5xx", "meaning-alert", 4}},
		{counts{delivery.BandUnder100: 1200, delivery.BandTimeout: 1}, delivery.BandUnder100,
			look{delivery.BandUnder100, "1k", "meaning-routine", 4}},
		{counts{delivery.BandUnder100: 1200}, delivery.BandError, look{}},
	} {
		var c cell
		for b, n := range tc.counts {
			c.counts[b] = n
		}
		if got := (Heatmap{Band: tc.band}).look(&c, 1200); got != tc.want {
			t.Errorf("%v shows %+v, want %+v", tc.counts, got, tc.want)
		}
	}
	for _, band := range delivery.Bands() {
		if words := bandWords[band]; words.short == "" || len(words.short) > 5 || words.name == "" {
			t.Errorf("%v has the words %q", band, words)
		}
	}
}

func TestHeatmap_CellsLeadToTheirAttempts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 12, 30, 0, 0, time.UTC)
	h := filled(now, 1)
	c := &h.days(time.UTC)[0].cells[12]
	const want = "/webhooks/wh_a?band=under_100ms&since=2026-03-19T12%3A00%3A00Z&until=2026-03-19T13%3A00%3A00Z#attempts"
	if got := fmt.Sprint(h.attempts(c, c.worst())); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Hours that weren't counted are told from hours without attempts.
	h.Since = now.Add(-36 * time.Hour)
	days := h.days(time.UTC)
	if !days[2].cells[22].unknown || days[0].cells[0].unknown || !days[0].cells[13].future {
		t.Error("what isn't known isn't marked")
	}
}
