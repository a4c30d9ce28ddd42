package endpoint

import (
	"strconv"
	"strings"
	"time"

	"postern/views/ui"
)

// Hour counts an hour's attempts. An hour without attempts is shown as a gap: it says
// nothing about the receiver.
type Hour struct {
	Start             time.Time
	Delivered, Failed int64
}

// Day is a webhook's last 24 hours.
type Day struct {
	Hours []Hour // oldest first; the last one is under way
	// P95 is the 95th percentile of the deliveries' response times, LastP95 that of
	// the current hour and the one before. Both are zero without deliveries.
	P95, LastP95 time.Duration
}

func (d Day) Sum() (delivered, failed int64) {
	for _, h := range d.Hours {
		delivered += h.Delivered
		failed += h.Failed
	}
	return delivered, failed
}

// Measures of the drawing: one bar an hour, with the share of failed attempts on top.
const (
	hourWidth = 5 // with the space beside it
	dayHeight = 24
)

// failedHeight is the height of the failed part of an hour's bar. Neither part is ever
// too small to be seen.
func (h Hour) failedHeight() int {
	total := h.Delivered + h.Failed
	if h.Failed == 0 || total == 0 {
		return 0
	}
	if h.Delivered == 0 {
		return dayHeight
	}
	return int(min(max(h.Failed*dayHeight/total, 3), dayHeight-3))
}

// deliveredPath and failedPath draw the bars, in one path each.
func (d Day) deliveredPath() string {
	return d.path(func(h Hour) (from, to int) { return h.failedHeight(), dayHeight }, func(h Hour) bool { return h.Delivered > 0 })
}

func (d Day) failedPath() string {
	return d.path(func(h Hour) (from, to int) { return 0, h.failedHeight() }, func(h Hour) bool { return h.Failed > 0 })
}

func (d Day) path(bar func(Hour) (from, to int), has func(Hour) bool) string {
	var b strings.Builder
	for i, h := range d.Hours {
		if has(h) {
			from, to := bar(h)
			b.WriteString("M" + strconv.Itoa(i*hourWidth) + " " + strconv.Itoa(from) + "h" + strconv.Itoa(hourWidth-1) + "v" +
				strconv.Itoa(to-from) + "h-" + strconv.Itoa(hourWidth-1) + "z")
		}
	}
	return b.String()
}

// words describes the bars.
func (d Day) words(in *time.Location) string {
	delivered, failed := d.Sum()
	if delivered+failed == 0 {
		return "Nothing was sent in the last 24 hours."
	}
	words := Share(delivered, failed) + " of " + ui.Counted(delivered+failed, "attempt", "attempts") + " in the last 24 hours succeeded."
	worst, gaps := -1, 0
	for i, h := range d.Hours {
		switch {
		case h.Delivered+h.Failed == 0:
			gaps++
		case h.Failed > 0 && (worst < 0 || h.Failed*(d.Hours[worst].Delivered+d.Hours[worst].Failed) > d.Hours[worst].Failed*
			(h.Delivered+h.Failed)):
			worst = i
		}
	}
	if worst >= 0 {
		h := d.Hours[worst]
		words += " The worst hour began at " + h.Start.In(in).Format("15:04") + ", with " + Share(h.Delivered, h.Failed) + "."
	}
	if gaps > 0 {
		words += " Nothing was sent in " + ui.Counted(int64(gaps), "hour", "hours") + "."
	}
	return words
}

// Share is the share of successful attempts, never rounded to 0 % or 100 %.
func Share(delivered, failed int64) string {
	total := delivered + failed
	switch {
	case total == 0:
		return "–"
	case failed == 0:
		return "100 %"
	case delivered == 0:
		return "0 %"
	}
	tenths := min(max(delivered*1000/total, 1), 999)
	return strings.TrimSuffix(strconv.FormatInt(tenths/10, 10)+"."+strconv.FormatInt(tenths%10, 10), ".0") + " %"
}

// short is the share of successful attempts, for the text beside the bars.
func (d Day) short() string {
	delivered, failed := d.Sum()
	if delivered+failed == 0 {
		return "None"
	}
	return Share(delivered, failed)
}

// latest is the start of the period that LastP95 covers, where it is known.
func (d Day) latest() (since time.Time, known bool) {
	n := len(d.Hours)
	if n < 2 || d.LastP95 == 0 {
		return time.Time{}, false
	}
	return d.Hours[n-2].Start, true
}
