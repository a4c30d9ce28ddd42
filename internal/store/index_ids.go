package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"postern/internal/event"
)

// idSearch is what a text asks of the ids that are stored packed: those of
// "evt_" and a UUID.
type idSearch struct {
	kind   idKind
	digits string  // in hexadecimal, without dashes
	seqs   []int64 // listed: the events, in order
}

type idKind int

const (
	noIDs     idKind = iota // the text can't be in one
	anyIDs                  // it is in all, or in too many to tell apart
	beginIDs                // they begin with the digits, after evt_
	insideIDs               // the digits are somewhere in them
	listedIDs               // they are those of seqs
)

// An index leads to ids by their beginning, if that is long enough to be that
// of a few.
const (
	minListedDigits = 8
	maxListed       = 1000
)

// newIDSearch reads a folded text.
func newIDSearch(text string) idSearch {
	const prefix = "evt_"
	if strings.Contains(prefix, text) {
		return idSearch{kind: anyIDs}
	}
	kind, rest := insideIDs, text
	if before, after, ok := strings.Cut(text, "_"); ok {
		if !strings.HasSuffix(prefix, before+"_") {
			return idSearch{}
		}
		kind, rest = beginIDs, after
	}
	if len(rest) > 36 || strings.Trim(rest, "0123456789abcdef-") != "" {
		return idSearch{}
	}
	digits := strings.ReplaceAll(rest, "-", "")
	switch {
	case len(digits) > 32:
		return idSearch{}
	case len(digits) == 32:
		kind = beginIDs
	case len(digits) < 2:
		kind = anyIDs
	}
	return idSearch{kind: kind, digits: digits}
}

// listIDs looks the ids up where an index leads to them.
func (j *Store) listIDs(ctx context.Context, s idSearch) (idSearch, error) {
	if s.kind != beginIDs || len(s.digits) < minListedDigits {
		return s, nil
	}
	low, err := hex.DecodeString(s.digits + strings.Repeat("0", 32-len(s.digits)))
	if err != nil {
		return s, err
	}
	high, err := hex.DecodeString(s.digits + strings.Repeat("f", 32-len(s.digits)))
	if err != nil {
		return s, err
	}
	rows, err := j.reader.QueryContext(ctx, "SELECT seq FROM events WHERE id BETWEEN ? AND ? LIMIT ?", low, high, maxListed+1)
	if err != nil {
		return s, err
	}
	seqs, err := collect(rows, scanNumber)
	if err != nil || len(seqs) > maxListed {
		return s, err
	}
	slices.Sort(seqs)
	return idSearch{kind: listedIDs, seqs: seqs}, nil
}

// mayBeIn reports whether a stretch may have an id that is sought.
func (s *idSearch) mayBeIn(n int64) bool {
	if s.kind != listedIDs {
		return s.kind != noIDs
	}
	i, _ := slices.BinarySearch(s.seqs, n*stretchEvents+1)
	return i < len(s.seqs) && stretchOf(s.seqs[i]) == n
}

// find adds the events of a stretch whose ids are sought.
func (s *idSearch) find(n int64, ids func() ([]byte, error), found *eventSet) error {
	switch s.kind {
	case anyIDs:
		found.fill()
	case listedIDs:
		for _, seq := range s.seqs {
			if stretchOf(seq) == n {
				found.add(placeOf(seq))
			}
		}
	case beginIDs, insideIDs:
		packed, err := ids()
		if err != nil {
			return err
		}
		s.scan(packed, found)
	}
	return nil
}

// scan finds digits among packed ids: they begin with the first or with the
// second digit of a byte.
func (s *idSearch) scan(packed []byte, found *eventSet) {
	for odd := range 2 {
		if odd == 1 && s.kind == beginIDs {
			return
		}
		// The whole bytes that the digits make, and what is left on either side.
		middle := s.digits[odd:]
		whole, err := hex.DecodeString(middle[:len(middle)/2*2])
		if err != nil {
			return
		}
		for from := 0; ; {
			i := bytes.Index(packed[from:], whole)
			if i < 0 || from+i >= len(packed) {
				break
			}
			i += from
			from = i + 1
			if at := i / 16; i%16 >= odd && i%16*2+len(middle) <= 32 && s.in(packed[at*16:at*16+16], i%16*2-odd) {
				found.add(uint16(at))
				from = at*16 + 16
			}
		}
	}
}

// in reports whether an id has the digits at a place.
func (s *idSearch) in(id []byte, from int) bool {
	if s.kind == beginIDs && from != 0 {
		return false
	}
	for i := range len(s.digits) {
		digit := id[(from+i)/2] >> 4
		if (from+i)%2 == 1 {
			digit = id[(from+i)/2] & 15
		}
		if "0123456789abcdef"[digit] != s.digits[i] {
			return false
		}
	}
	return true
}

// sought is a search's filter, made ready to be asked often.
type sought struct {
	event.Filter
	text             string   // Text, folded
	cameras, sources []string // folded: what is picked by them is still to be compared
	ids              idSearch
}

// newSought leaves ids out.
func newSought(f event.Filter) *sought {
	return &sought{Filter: f, text: event.Fold(f.Text), cameras: allFolded(f.Cameras), sources: allFolded(f.Sources)}
}

func allFolded(names []string) []string {
	folded := slices.Clone(names)
	for i, name := range folded {
		folded[i] = event.Fold(name)
	}
	return folded
}

// seek is newSought with the ids.
func (j *Store) seek(ctx context.Context, f event.Filter) (*sought, error) {
	s := newSought(f)
	if f.Text == "" {
		return s, nil
	}
	var err error
	s.ids, err = j.listIDs(ctx, newIDSearch(s.text))
	return s, err
}
