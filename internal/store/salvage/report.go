package salvage

// maxRanges bounds how many ranges of missing events a salvage names.
const maxRanges = 100

// Report says what a restore has not found in a file whose trees are broken. It
// has read around the broken pages, and made a new file of everything else.
type Report struct {
	Cause error // what is wrong with the file
	// Missing are the events that should be there and aren't, Ranges the first of
	// them.
	Missing int64
	Ranges  []Range
	// Unsure says that there may have been more events, after the newest one that
	// anything left tells of, since what would tell is lost too.
	Unsure bool
	// Tables are those beside the events that have lost something.
	Tables []TableLoss
	// Pages are those that can't be read, or whose rows can't, and whose content is
	// unknown.
	Pages int
	// Headless says that page 1 was lost, which has the schema. Salvage used page 1
	// of a new store in its place.
	Headless bool
}

// Range are the sequence numbers from one to another.
type Range struct{ First, Last int64 }

// TableLoss is what a table has lost: rows that were changed, and pages with an
// unknown number of rows.
type TableLoss struct {
	Table string
	Kept  int64
	Rows  int64
	Pages int
}

// Whole reports whether nothing was lost.
func (s *Report) Whole() bool {
	return s.Missing == 0 && !s.Unsure && len(s.Tables) == 0 && s.Pages == 0
}

// Named is how many of the missing events Ranges names.
func (s *Report) Named() (n int64) {
	for _, r := range s.Ranges {
		n += r.Last - r.First + 1
	}
	return n
}
