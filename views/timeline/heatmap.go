package timeline

import (
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"postern/internal/delivery"
	"postern/views/ui"
)

// Heatmap is a webhook's attempts of seven days by the hour.
type Heatmap struct {
	Webhook string // its id
	Now     time.Time
	// Hours are the hours with attempts, oldest first. Since is from when on attempts
	// are counted: nothing is known of the hours before.
	Hours []delivery.BandHour
	Since time.Time
	// Band is the band whose numbers are shown; BandNone shows the worst of each hour.
	Band delivery.Band
}

// HeatmapDays is how many days a heatmap has, today included.
const HeatmapDays = 7

// HeatmapStart is the beginning of a heatmap's first day in a zone.
func HeatmapStart(now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d-HeatmapDays+1, 0, 0, 0, 0, zone)
}

// bandWords are the bands for people: in a cell, and in a sentence.
var bandWords = [delivery.BandCount]struct{ short, name string }{
	delivery.BandUnder100: {"0.1", "under 0.1 s"}, delivery.BandUnder500: {"0.5", "under 0.5 s"}, delivery.BandUnder2s: {"2", "under 2 s"},
	delivery.BandUnder10s: {"10", "under 10 s"}, delivery.BandSlower: {"10+", "10 s or more"},
	delivery.BandTimeout: {"time", "no response in time"}, delivery.BandConnect: {"conn", "connection failed"},
	delivery.BandTLS: {"TLS", "TLS failed"}, delivery.BandRejected: {"4xx", "answered 4xx"}, delivery.BandError: {"5xx", "answered 5xx"},
	delivery.BandForbidden: {"deny", "address not allowed"}, delivery.BandOther: {"other", "other failure"},
}

// BandName is a band in words.
func BandName(b delivery.Band) string { return bandWords[b].name }

// day is a row of the heatmap.
type day struct {
	start time.Time // midnight
	cells [24]cell
}

// cell is an hour of a day.
type cell struct {
	counts  [delivery.BandCount]int64
	from    time.Time // when its first hour begins; zero without attempts
	to      time.Time // when its last one ends
	unknown bool      // attempts weren't counted yet
	future  bool
}

// days lays the hours out in a zone, today first. Where the clocks go back, an hour of
// the day has both.
func (h Heatmap) days(zone *time.Location) []day {
	first := HeatmapStart(h.Now, zone)
	out := make([]day, HeatmapDays)
	for i := range out {
		y, m, d := first.Date()
		out[i].start = time.Date(y, m, d+HeatmapDays-1-i, 0, 0, 0, 0, zone)
		for n := range out[i].cells {
			c := &out[i].cells[n]
			begins := time.Date(y, m, d+HeatmapDays-1-i, n, 0, 0, 0, zone)
			c.unknown, c.future = begins.Add(time.Hour).Before(h.Since), begins.After(h.Now)
		}
	}
	for i := range h.Hours {
		at := h.Hours[i].Start.In(zone)
		for j := range out {
			if y, m, d := at.Date(); !out[j].start.Equal(time.Date(y, m, d, 0, 0, 0, 0, zone)) {
				continue
			}
			c := &out[j].cells[at.Hour()]
			if c.from.IsZero() {
				c.from = h.Hours[i].Start
			}
			c.to = h.Hours[i].Start.Add(time.Hour)
			for b, n := range h.Hours[i].Counts {
				c.counts[b] += n
			}
		}
	}
	return out
}

// totals are the attempts of all hours by band.
func (h Heatmap) totals() (counts [delivery.BandCount]int64) {
	for i := range h.Hours {
		for b, n := range h.Hours[i].Counts {
			counts[b] += n
		}
	}
	return counts
}

// bands are the bands that have attempts.
func (h Heatmap) bands() (out []delivery.Band) {
	totals := h.totals()
	for _, b := range delivery.Bands() {
		if totals[b] > 0 || b == h.Band {
			out = append(out, b)
		}
	}
	return out
}

// most is the greatest number of a band in an hour.
func (h Heatmap) most(days []day) (n int64) {
	for i := range days {
		for j := range days[i].cells {
			n = max(n, days[i].cells[j].counts[h.Band])
		}
	}
	return n
}

// sum returns a cell's numbers of delivered and of failed attempts.
func (c *cell) sum() (delivered, failed int64) {
	return (&delivery.BandHour{Counts: c.counts}).Sum()
}

// worst is the band that says most about an hour: its most frequent failure, or else
// the band below which 95 % of its deliveries were.
func (c *cell) worst() delivery.Band {
	delivered, failed := c.sum()
	best := delivery.BandNone
	if failed > 0 {
		for b := delivery.BandTimeout; b < delivery.BandCount; b++ {
			if c.counts[b] > c.counts[best] {
				best = b
			}
		}
		return best
	}
	seen := int64(0)
	for b := delivery.BandUnder100; b <= delivery.BandSlower; b++ {
		if seen += c.counts[b]; seen*100 >= delivered*95 {
			return b
		}
	}
	return best
}

// look is what a cell shows: a text, a meaning and how strong its colour is, 1 to 4.
type look struct {
	band    delivery.Band
	text    string
	meaning string
	level   int
}

// look returns what a cell shows. most is the greatest number of the chosen band.
func (h Heatmap) look(c *cell, most int64) look {
	delivered, failed := c.sum()
	if delivered+failed == 0 || h.Band != delivery.BandNone && c.counts[h.Band] == 0 {
		return look{}
	}
	out := look{band: h.Band, meaning: "meaning-routine", level: 1}
	if h.Band == delivery.BandNone {
		out.band = c.worst()
		out.text = bandWords[out.band].short
		out.level = share(failed, delivered+failed)
	} else {
		out.text = compact(c.counts[h.Band])
		out.level = share(c.counts[h.Band], most)
	}
	switch {
	case out.band.Failed():
		out.meaning = "meaning-alert"
	case out.band >= delivery.BandUnder2s:
		out.meaning = "meaning-attention"
	}
	if h.Band == delivery.BandNone && !out.band.Failed() {
		out.level = int(out.band) // the slower, the stronger
	}
	out.level = min(max(out.level, 1), 4)
	return out
}

// share is a part of a whole in four steps: up to 1 %, 10 %, 50 %, and above.
func share(part, whole int64) int {
	switch {
	case part*100 <= whole:
		return 1
	case part*10 <= whole:
		return 2
	case part*2 <= whole:
		return 3
	}
	return 4
}

// compact is a number in at most four characters.
func compact(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10)
	case n < 1_000_000:
		return strconv.FormatInt(n/1000, 10) + "k"
	}
	return strconv.FormatInt(n/1_000_000, 10) + "M"
}

// words are a cell's numbers.
func (c *cell) words() string {
	text := ""
	for b, n := range c.counts {
		if n > 0 {
			if text != "" {
				text += ", "
			}
			text += ui.Count(n) + " " + bandWords[b].name
		}
	}
	return text
}

// attempts is the address of a cell's attempts.
func (h Heatmap) attempts(c *cell, b delivery.Band) templ.SafeURL {
	q := url.Values{"since": {c.from.UTC().Format(time.RFC3339)}, "until": {c.to.UTC().Format(time.RFC3339)}}
	if b != delivery.BandNone {
		q.Set("band", b.String())
	}
	return ui.WebhookURL(h.Webhook) + templ.SafeURL("?"+q.Encode()+"#attempts")
}

// choose is the address of the heatmap of a band.
func (h Heatmap) choose(b delivery.Band) templ.SafeURL {
	to := ui.WebhookURL(h.Webhook)
	if b != delivery.BandNone {
		to += templ.SafeURL("?heat=" + b.String())
	}
	return to + "#heatmap"
}
