package overview

import (
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// Chart is how many events of each meaning arrived over some time, as bars
// that stand on each other.
type Chart struct {
	// Title says what is shown, with the unit.
	Title string
	// ID starts the ids of its parts.
	ID string
	// Bars are equally long, oldest first; the last one is under way.
	Bars []Minute
	// Length is a bar's, and Row is one of the table's behind it: a multiple.
	Length, Row time.Duration
}

// Bars adds minutes up to bars of the given length, the last of which ends
// with the minute under way.
func Bars(minutes []Minute, length time.Duration) []Minute {
	n := int(length / time.Minute)
	var bars []Minute
	for i, m := range minutes {
		if i == 0 || m.Start.Unix()/60%int64(n) == 0 {
			bars = append(bars, Minute{Start: m.Start, ByType: make([]int64, len(event.Catalogue())+1)})
		}
		bar := &bars[len(bars)-1]
		bar.Known, bar.AtLeast = bar.Known || m.Known, bar.AtLeast || m.AtLeast
		for t, count := range m.ByType {
			bar.ByType[t] += count
		}
	}
	return bars
}

// The grid that a chart is drawn on.
const (
	chartHeight = 100
	chartBar    = 10 // wide, its gap included
)

// stack is the order in which meanings stand on each other, from the ground.
var stack = []event.Meaning{event.Routine, event.Confirmed, event.Attention, event.Alert, event.Fault}

func (m Minute) meaning(of event.Meaning) (n int64) {
	for _, in := range event.Catalogue() {
		if in.Meaning == of {
			n += m.count(in.Type)
		}
	}
	return n
}

func (m Minute) total() (n int64) {
	for _, count := range m.ByType {
		n += count
	}
	return n
}

// top is the highest bar, rounded up to a number that halves well.
func (c Chart) top() int64 {
	var highest int64
	for _, b := range c.Bars {
		highest = max(highest, b.total())
	}
	for unit := int64(1); ; unit *= 10 {
		for _, f := range []int64{2, 4, 6, 10} {
			if highest <= f*unit {
				return f * unit
			}
		}
	}
}

// paths draws a meaning's part of every bar. What there is of it is seen,
// however little.
func (c Chart) path(of event.Meaning) string {
	var d strings.Builder
	top := c.top()
	for i, b := range c.Bars {
		ground := int64(0)
		for _, m := range stack {
			n := b.meaning(m)
			if m != of {
				ground += n
				continue
			}
			if n > 0 {
				low, high := ground*chartHeight*10/top, (ground+n)*chartHeight*10/top
				high = max(high, low+15)
				d.WriteString("M" + strconv.Itoa(i*chartBar+1) + " " + tenths(chartHeight*10-low) +
					"h" + strconv.Itoa(chartBar-2) + "V" + tenths(max(chartHeight*10-high, 0)) + "h-" + strconv.Itoa(chartBar-2) + "z")
			}
			break
		}
	}
	return d.String()
}

func tenths(n int64) string {
	s := strconv.FormatInt(n/10, 10)
	if n%10 != 0 {
		s += "." + strconv.FormatInt(n%10, 10)
	}
	return s
}

// gaps draws the bars that nobody counted.
func (c Chart) gaps() string { return gapPath(c.Bars, chartBar, 0, chartHeight) }

// gapPath draws a box for each run of minutes that nobody counted, each so
// wide, from top to bottom.
func gapPath(minutes []Minute, wide, top, bottom int) string {
	var d strings.Builder
	for from := 0; from < len(minutes); from++ {
		to := from
		for to < len(minutes) && !minutes[to].Known {
			to++
		}
		if to > from {
			d.WriteString("M" + strconv.Itoa(from*wide) + " " + strconv.Itoa(top) + "H" + strconv.Itoa(to*wide) + "V" + strconv.Itoa(bottom) + "H" + strconv.Itoa(from*wide) + "z")
			from = to
		}
	}
	return d.String()
}

func (c Chart) total(of event.Meaning) (n int64) {
	for _, b := range c.Bars {
		n += b.meaning(of)
	}
	return n
}

func (c Chart) unknown() (n int64) {
	for _, b := range c.Bars {
		if !b.Known {
			n++
		}
	}
	return n
}

// text say what the picture shows.
func (c Chart) words() string {
	var parts []string
	for _, m := range stack {
		if n := c.total(m); n > 0 {
			parts = append(parts, ui.Count(n)+" "+meaningWords(m, n))
		}
	}
	out := c.Title + ": "
	if len(parts) == 0 {
		out += "none"
	} else {
		out += ui.List(parts)
	}
	var highest Minute
	for _, b := range c.Bars {
		if b.total() > highest.total() {
			highest = b
		}
	}
	if n := highest.total(); n > 0 {
		out += "; peak " + ui.Count(n) + " in " + ui.Span(c.Length)
	}
	if n := c.unknown(); n > 0 {
		out += "; no data for " + ui.Span(time.Duration(n)*c.Length)
	}
	return out + "."
}

// rows are the table behind the picture, newest first.
func (c Chart) rows() []Minute {
	per := int(c.Row / c.Length)
	var rows []Minute
	for end := len(c.Bars); end > 0; end -= per {
		row := Minute{Start: c.Bars[max(0, end-per)].Start, ByType: make([]int64, len(event.Catalogue())+1)}
		for _, b := range c.Bars[max(0, end-per):end] {
			row.Known, row.AtLeast = row.Known || b.Known, row.AtLeast || b.AtLeast
			for t, n := range b.ByType {
				row.ByType[t] += n
			}
		}
		row.Known = row.Known && !row.AtLeast
		rows = append(rows, row)
	}
	return rows
}

// ticks are the times written below the picture.
func (c Chart) ticks() []time.Time {
	if len(c.Bars) == 0 {
		return nil
	}
	last := len(c.Bars) - 1
	return []time.Time{c.Bars[0].Start, c.Bars[last/3].Start, c.Bars[last*2/3].Start, c.Bars[last].Start}
}

// meaningWords is what n events of a meaning are called.
func meaningWords(m event.Meaning, n int64) string {
	switch m {
	case event.Confirmed:
		return "confirmed"
	case event.Attention:
		return "needing attention"
	case event.Alert:
		return ui.Plural(n, "alert", "alerts")
	case event.Fault:
		return ui.Plural(n, "fault", "faults")
	}
	return "routine"
}

// ofMeaning is the filter for a meaning's types.
func ofMeaning(m event.Meaning) event.Filter {
	var f event.Filter
	for _, in := range event.Catalogue() {
		if in.Meaning == m {
			f.Types |= event.Types(in.Type)
		}
	}
	return f
}
