package endpoint

import (
	"strings"
	"testing"
	"time"
)

func day(hours ...Hour) Day {
	d := Day{Hours: make([]Hour, 24)}
	for i := range d.Hours {
		d.Hours[i].Start = noon.Add(time.Duration(i-23) * time.Hour)
	}
	for i, h := range hours {
		at := &d.Hours[24-len(hours)+i]
		at.Delivered, at.Failed = h.Delivered, h.Failed
	}
	return d
}

func TestADayInWords(t *testing.T) {
	for want, d := range map[string]Day{
		"Nothing was sent in the " +
			"last 24 hours.": day(),
		"100 % of 1 attempt in the last 24 hours succeeded. " +
			"Nothing was sent in 23 hours.": day(Hour{Delivered: 1}),
		"99.9 % of 100,001 attempts in the last 24 hours succeeded. The worst hour began at 12:00, with 99.9 %. " +
			"Nothing was sent in 23 hours.": day(Hour{Delivered: 100_000, Failed: 1}),
		"0.1 % of 100,001 attempts in the last 24 hours succeeded. The worst hour began at 12:00, with 0.1 %. " +
			"Nothing was sent in 23 hours.": day(Hour{Delivered: 1, Failed: 100_000}),
		"50 % of 4 attempts in the last 24 hours succeeded. The worst hour began at 11:00, with 0 %. " +
			"Nothing was sent in 22 hours.": day(Hour{Failed: 1}, Hour{Delivered: 2, Failed: 1}),
	} {
		if got := d.words(time.UTC); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	d := day(Hour{Delivered: 1}, Hour{})
	d.P95, d.LastP95 = 12*time.Millisecond, 9*time.Millisecond
	said := func(d Day) string {
		var b strings.Builder
		if err := LastLatency(d).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	want := `9 ms since <time class="clock" datetime="2026-03-19T11:00:00Z" title="19 March 2026 11:00:00 UTC">11:00</time>`
	if got := said(d); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if said(day()) != "" || day().short() != "None" {
		t.Error(said(day()), day().short())
	}
}

func TestADaysBarsShowGapsAndTheLeastFailure(t *testing.T) {
	if d := day(); d.deliveredPath()+d.failedPath() != "" {
		t.Error("where nothing was sent, something is drawn")
	}
	d := day(Hour{Delivered: 1_000_000, Failed: 1}, Hour{}, Hour{Failed: 5})
	if got := d.failedPath(); got != "M105 0h4v3h-4zM115 0h4v24h-4z" {
		t.Error(got)
	}
	if got := d.deliveredPath(); got != "M105 3h4v21h-4z" {
		t.Error(got)
	}
}

// noon is the "now" of every golden page.
var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)
