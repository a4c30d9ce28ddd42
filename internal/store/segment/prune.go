package segment

import (
	"slices"
)

// Verdict tells a search what to do with a segment.
type Verdict int

// Verdicts of Prune.
const (
	Skip       Verdict = iota // no event of the segment matches
	Scan                      // some may match
	ScanWithin                // some may match, and all lie within the filter's times
)

// Prune compares a filter with the summary of a segment. A summary never skips
// an event that matches.
func (s *Segment) Prune(f *CompiledFilter) Verdict {
	since, until := f.TimesMicro()
	switch {
	case s.empty(), s.newest < since, s.oldest >= until,
		f.RestrictsTypes() && f.Types&s.types == 0,
		s.ngrams != nil && !s.mayContain(f):
		return Skip
	case s.oldest >= since && s.newest < until:
		return ScanWithin
	}
	return Scan
}

// mayContain reports whether some event may have the filter's text, sources and
// cameras.
func (s *Segment) mayContain(f *CompiledFilter) bool {
	if f.text != "" && !s.ngrams.mayContain(f.text) && !f.ids.mayBeIn(s.N) {
		return false
	}
	return (len(f.sources) == 0 || slices.ContainsFunc(f.sources, s.ngrams.mayContain)) &&
		(len(f.cameras) == 0 || slices.ContainsFunc(f.cameras, s.ngrams.mayContain))
}
