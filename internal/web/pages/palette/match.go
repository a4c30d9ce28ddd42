package palette

import (
	"cmp"
	"slices"
	"strings"

	"postern/internal/event"
	view "postern/views/palette"
)

// The ranks of a match, best first.
const (
	startsLabel = iota // the label begins with the text
	startsWords        // a word begins with each word of the text
	contains
	noMatch
)

// rank returns how well a text matches a label and more words about the same
// object. Both are compared as searches compare texts. Every word of the text must
// be in one of them.
func rank(text, label, more string) int {
	text, label = event.Fold(text), event.Fold(label)
	if text != "" && strings.HasPrefix(label, text) {
		return startsLabel
	}
	all := label + " " + event.Fold(more)
	best := startsWords
	for word := range strings.FieldsSeq(text) {
		at := strings.Index(all, word)
		if at < 0 {
			return noMatch
		}
		if !startsWord(all, word) {
			best = contains
		}
	}
	return best
}

// startsWord reports whether a word of all begins with a text.
func startsWord(all, text string) bool {
	for rest := all; ; {
		at := strings.Index(rest, text)
		if at < 0 {
			return false
		}
		before := len(all) - len(rest) + at - 1
		if before < 0 || strings.IndexByte(" /.:-_", all[before]) >= 0 {
			return true
		}
		rest = rest[at+1:]
	}
}

// ranked is a suggestion with its rank.
type ranked struct {
	rank int
	view.Suggestion
}

// best returns the best suggestions of a list, at most limit. Equally good ones keep
// their order.
func best(list []ranked, limit int) []view.Suggestion {
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	var out []view.Suggestion
	for _, r := range list[:min(limit, len(list))] {
		out = append(out, r.Suggestion)
	}
	return out
}
