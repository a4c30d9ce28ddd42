package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
)

// row is a line of the table. The samples are in the order of the rounds: the n-th of
// Postern and the n-th of the limit are of one round.
type row struct {
	Figure  string    `json:"figure"`
	Unit    string    `json:"unit"`
	Postern []float64 `json:"postern"`
	Limit   []float64 `json:"limit,omitempty"`
	Beside  string    `json:"beside,omitempty"` // the name of the limit
	Goal    goal      `json:"goal"`
	Notes   string    `json:"notes,omitempty"`
}

// goal is the goal of a row; the zero value is none.
type goal struct {
	Ratio  float64 `json:"ratio,omitempty"`    // of the limit, at least
	AtMost float64 `json:"at_most,omitempty"`  // in the row's unit
	Or     float64 `json:"or_value,omitempty"` // a value that suffices if the ratio isn't reached
	Within float64 `json:"within,omitempty"`   // at most this many times the limit
}

// ratio returns the median of the rounds' ratios: a disturbance affects both sides of
// its round.
func (r row) ratio() (float64, bool) {
	if len(r.Limit) == 0 {
		return 0, false
	}
	var of []float64
	for i, v := range r.Postern {
		if i < len(r.Limit) && r.Limit[i] != 0 {
			of = append(of, v/r.Limit[i])
		}
	}
	if len(of) == 0 {
		return 0, false
	}
	return median(of), true
}

// met reports whether the goal was reached, and describes the goal.
func (r row) met() (words string, met bool) {
	ratio, _ := r.ratio()
	switch g := r.Goal; {
	case len(r.Postern) == 0:
		return "", true
	case g.Ratio > 0 && g.Or > 0:
		return fmt.Sprintf("≥ %.0f %%, or %s", 100*g.Ratio, quantity(g.Or)), ratio >= g.Ratio || median(r.Postern) >= g.Or
	case g.Ratio > 0:
		return fmt.Sprintf("≥ %.0f %%", 100*g.Ratio), ratio >= g.Ratio
	case g.Within > 0:
		return fmt.Sprintf("≤ %.0f %%", 100*g.Within), ratio <= g.Within
	case g.AtMost > 0:
		return "≤ " + quantity(g.AtMost), median(r.Postern) <= g.AtMost
	}
	return "", true
}

func printTable(w io.Writer, machine string, rows []row) {
	cells := [][]string{{"figure", "postern", "limit", "ratio", "goal", "", "beside"}}
	for _, r := range rows {
		line := []string{r.Figure, "", "", "", "", "", r.Beside}
		if len(r.Postern) > 0 {
			line[1] = quantity(median(r.Postern)) + " " + r.Unit
		}
		if len(r.Limit) > 0 {
			line[2] = quantity(median(r.Limit))
		}
		if ratio, ok := r.ratio(); ok {
			line[3] = fmt.Sprintf("%.0f %%", 100*ratio)
		}
		words, met := r.met()
		if line[4] = words; words != "" {
			line[5] = map[bool]string{true: "yes", false: "NO"}[met]
		}
		if r.Notes != "" {
			line[6] = strings.TrimPrefix(r.Beside+"; "+r.Notes, "; ")
		}
		cells = append(cells, line)
	}
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	fmt.Fprintln(w, machine)
	fmt.Fprintln(w)
	for n, line := range cells {
		var text strings.Builder
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i > 0 && i < 4 {
				cell, pad = pad+cell, ""
			}
			text.WriteString(cell + pad + "  ")
		}
		fmt.Fprintln(w, strings.TrimRight(text.String(), " "))
		if n == 0 {
			total := 0
			for _, width := range widths {
				total += width + 2
			}
			fmt.Fprintln(w, strings.Repeat("-", total-2))
		}
	}
}

// quantity formats a number with about three significant digits.
func quantity(v float64) string {
	switch {
	case v >= 10_000_000:
		return fmt.Sprintf("%.0f million", v/1e6)
	case v >= 1000:
		return humanize.Comma(int64(v))
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// median returns the median of the samples; of an even number, the mean of the middle
// two.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// quantile returns the value below which a share of the samples lie; zero for
// none.
func quantile(of []float64, share float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// machine describes the machine in a line.
func machine() string {
	model := "unknown processor"
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d × %s, %s/%s, %s", runtime.NumCPU(), model, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
