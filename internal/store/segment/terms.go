package segment

import (
	"bytes"
	"hash/maphash"
	"slices"

	"postern/internal/event"
)

// Limits of a term dictionary. A text beyond them becomes a posting of the
// empty term, whose events are candidates for every text.
const (
	maxTermBytes     = 256
	maxTermsBytes    = 64 * Events
	maxTermsPerEvent = 32
)

// termEnd separates terms: it stands before, between and after them. No text
// has this byte, since UTF-8 doesn't use it.
const termEnd = 0xff

// emptyTerm is the number of the empty term. Its events may have any text.
const emptyTerm = 0

// termDictionary maps the terms of a segment to its events while the segment
// grows. A term is a folded text (event.Fold) and stands in it once.
type termDictionary struct {
	terms    []byte    // each term followed by termEnd, and termEnd before the first
	ends     []uint32  // the position in terms at which a term ends, by term number
	table    []uint32  // hash table of term numbers plus one; its length is a power of two, and half of it is free
	postings []posting // in the events' order
}

var termSeed = maphash.MakeSeed()

func newTermDictionary() *termDictionary {
	d := &termDictionary{table: make([]uint32, 256)}
	d.reset()
	return d
}

// reset empties the dictionary and keeps its memory.
func (d *termDictionary) reset() {
	d.terms, d.ends, d.postings = append(d.terms[:0], termEnd, termEnd), append(d.ends[:0], 1), d.postings[:0]
	clear(d.table)
}

// add adds a text of the event at a position, and the n-grams of a new term to
// the filter. Events are added in order.
func (d *termDictionary) add(position uint16, text string, ngrams *NgramFilter) {
	begin := len(d.terms)
	d.terms = event.AppendFold(d.terms, text)
	folded := d.terms[begin:]
	term := uint32(emptyTerm)
	switch {
	case text == "":
		return
	case len(folded) == 0:
		// The text has combining marks only. A search can't find it, but an
		// identity may be such a text.
	case len(folded) > maxTermBytes || begin+len(folded) >= maxTermsBytes:
		ngrams.add(folded)
		d.terms = d.terms[:begin]
	default:
		slot := d.slot(folded)
		if d.table[slot] == 0 {
			ngrams.add(folded)
			d.terms, d.ends = append(d.terms, termEnd), append(d.ends, uint32(len(d.terms)))
			d.table[slot] = uint32(len(d.ends))
			term = uint32(len(d.ends)) - 1
			d.grow()
		} else {
			term = d.table[slot] - 1
			d.terms = d.terms[:begin]
		}
	}
	d.addPosting(term, position)
}

// addPosting adds a posting unless the event has it. An event with too many
// terms gets the empty term in place of the next one.
func (d *termDictionary) addPosting(term uint32, position uint16) {
	for i := len(d.postings) - 1; i >= 0 && d.postings[i].position == position; i-- {
		if d.postings[i].term == term {
			return
		}
		if len(d.postings)-i >= maxTermsPerEvent {
			term = emptyTerm
			if d.postings[len(d.postings)-1].term == emptyTerm {
				return
			}
			break
		}
	}
	d.postings = append(d.postings, posting{term, position})
}

// term returns the text of a term by its number.
func (d *termDictionary) term(n uint32) []byte {
	if n == emptyTerm {
		return nil
	}
	return d.terms[d.ends[n-1]+1 : d.ends[n]]
}

// slot returns the place of a term in the hash table: its own, or the free one
// where it belongs.
func (d *termDictionary) slot(term []byte) uint64 {
	mask := uint64(len(d.table) - 1)
	slot := maphash.Bytes(termSeed, term) & mask
	for d.table[slot] != 0 && !bytes.Equal(d.term(d.table[slot]-1), term) {
		slot = (slot + 1) & mask
	}
	return slot
}

func (d *termDictionary) grow() {
	if 2*len(d.ends) <= len(d.table) {
		return
	}
	d.table = make([]uint32, 2*len(d.table))
	for n := 1; n < len(d.ends); n++ {
		d.table[d.slot(d.term(uint32(n)))] = uint32(n) + 1
	}
}

// find implements finder.
func (d *termDictionary) find(text string, whole bool, found *EventSet) error {
	matching := make([]bool, len(d.ends))
	matching[emptyTerm] = true
	eachMatchingTerm(d.terms, text, whole, func(n int) { matching[n] = true })
	for _, p := range d.postings {
		if matching[p.term] {
			found.add(p.position)
		}
	}
	return nil
}

// remove removes the postings of some events, and overwrites the terms that no
// other event has.
func (d *termDictionary) remove(removed *EventSet) {
	d.removePostings(removed)
	used := make([]bool, len(d.ends))
	for _, p := range d.postings {
		used[p.term] = true
	}
	for n := 1; n < len(d.ends); n++ {
		if !used[n] {
			clear(d.term(uint32(n))) // its bytes stay, so that other terms keep their numbers
		}
	}
	clear(d.table)
	for n := 1; n < len(d.ends); n++ {
		if used[n] {
			d.table[d.slot(d.term(uint32(n)))] = uint32(n) + 1
		}
	}
}

func (d *termDictionary) removePostings(removed *EventSet) {
	d.postings = slices.DeleteFunc(d.postings, func(p posting) bool { return removed.Has(p.position) })
}

// eachMatchingTerm calls yield with the number of each term that contains text
// or, where whole is set, equals it. No term contains an empty text. terms are
// separated by termEnd.
func eachMatchingTerm(terms []byte, text string, whole bool, yield func(n int)) {
	if text == "" {
		return
	}
	pattern := []byte(text)
	if whole {
		pattern = append(append([]byte{termEnd}, text...), termEnd)
	}
	n := -1
	for {
		i := bytes.Index(terms, pattern)
		if i < 0 {
			return
		}
		if whole {
			i++
		}
		n += bytes.Count(terms[:i], []byte{termEnd})
		yield(n)
		end := bytes.IndexByte(terms[i:], termEnd)
		if end < 0 {
			return
		}
		terms = terms[i+end:]
	}
}
