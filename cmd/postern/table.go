package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"postern/internal/account"
)

// table writes rows in columns, the first being their headings.
func table(p process, rows [][]string) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// printable replaces characters that could control a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// moment writes a time; the zero time as none.
func moment(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// cameraWords writes a camera scope.
func cameraWords(c account.CameraScope) string {
	switch names := c.Names(); {
	case c.All():
		return "all"
	case len(names) == 0:
		return "none"
	default:
		return strings.Join(names, ", ")
	}
}
