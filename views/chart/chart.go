package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// Chart is a stacked bar chart of events by meaning.
type Chart struct {
	// Title says what the chart shows, with its unit.
	Title string
	// ID starts the ids of its parts.
	ID string
	// Bars have the same length, oldest first; the last one isn't over yet.
	Bars []Minute
	// Length is the time of a bar. Row is the time of a row in the chart's table, a
	// multiple of Length.
	Length, Row time.Duration
	// Filter is that of the events that the bars count, for the links.
	Filter event.Filter
	// Usual has the usual count of each bar, below zero where it isn't known; nil for
	// a chart without it.
	Usual []float64
}

// Bars sums minutes up into bars of the given length. The last bar ends with the
// current minute.
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

// Stack is the order of the meanings in a bar, from the bottom.
var Stack = []event.Meaning{event.Routine, event.Confirmed, event.Attention, event.Alert, event.Fault}

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

// top is the top of the scale: the highest bar, rounded up to a number that halves
// well.
func (c Chart) top() int64 {
	var highest int64
	for _, b := range c.Bars {
		highest = max(highest, b.total())
	}
	for _, usual := range c.Usual {
		highest = max(highest, int64(math.Ceil(usual)))
	}
	for unit := int64(1); ; unit *= 10 {
		for _, f := range []int64{2, 4, 6, 10} {
			if highest <= f*unit {
				return f * unit
			}
		}
	}
}

// path draws a meaning's part of every bar, high enough to be seen.
func (c Chart) path(of event.Meaning) string {
	var d strings.Builder
	top := c.top()
	for i, b := range c.Bars {
		ground := int64(0)
		for _, m := range Stack {
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

// gaps draws the bars without data.
func (c Chart) gaps() string { return gapPath(c.Bars, chartBar, 0, chartHeight) }

// gapPath draws a box from top to bottom for each run of minutes without data.
func gapPath(minutes []Minute, wide, top, bottom int) string {
	var d strings.Builder
	for from := 0; from < len(minutes); from++ {
		to := from
		for to < len(minutes) && !minutes[to].Known {
			to++
		}
		if to > from {
			d.WriteString("M" + strconv.Itoa(from*wide) + " " + strconv.Itoa(top) + "H" + strconv.Itoa(to*wide) + "V" + strconv.Itoa(bottom) +
				"H" + strconv.Itoa(from*wide) + "z")
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

// usualPath draws a step for the usual count of each bar where it is known.
func (c Chart) usualPath() string {
	var d strings.Builder
	drawn := false
	for i, usual := range c.Usual {
		if usual < 0 {
			drawn = false
			continue
		}
		y := tenths(chartHeight*10 - int64(usual*chartHeight*10/float64(c.top())+.5))
		if drawn {
			d.WriteString("V" + y)
		} else {
			d.WriteString("M" + strconv.Itoa(i*chartBar) + " " + y)
		}
		d.WriteString("H" + strconv.Itoa((i+1)*chartBar))
		drawn = true
	}
	return d.String()
}

// knowsUsual reports whether the usual count of some bar is known.
func (c Chart) knowsUsual() bool {
	return slices.ContainsFunc(c.Usual, func(usual float64) bool { return usual >= 0 })
}

// words describes the chart.
func (c Chart) words() string {
	var parts []string
	for _, m := range Stack {
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

// rows are the rows of the chart's table, newest first.
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

// ticks are the times below the chart.
func (c Chart) ticks() []time.Time {
	if len(c.Bars) == 0 {
		return nil
	}
	last := len(c.Bars) - 1
	return []time.Time{c.Bars[0].Start, c.Bars[last/3].Start, c.Bars[last*2/3].Start, c.Bars[last].Start}
}

// meaningWords names n events of a meaning.
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

// ofMeaning is the chart's filter, for a meaning's types.
func (c Chart) ofMeaning(m event.Meaning) event.Filter {
	f := c.Filter
	for _, in := range event.Catalogue() {
		if in.Meaning == m {
			f.Types |= event.Types(in.Type)
		}
	}
	return f
}
