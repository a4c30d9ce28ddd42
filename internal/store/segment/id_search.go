package segment

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"slices"
	"strings"
)

// idSearch is a search for a text in the ids that are stored packed: "evt_" and
// the 16 bytes of a UUID.
type idSearch struct {
	kind   idKind
	digits string  // hexadecimal, without dashes
	seqs   []int64 // listedIDs: the events, in order
}

type idKind int

const (
	noIDs     idKind = iota // no id contains the text
	anyIDs                  // all ids may contain it: it is too short to tell
	beginIDs                // ids that begin with the digits, after evt_
	insideIDs               // ids that contain the digits anywhere
	listedIDs               // ids of the events in seqs
)

// The database's index of ids finds ids by their beginning. It is used for a
// beginning of at least minListedDigits that at most maxListed ids have.
const (
	minListedDigits = 8
	maxListed       = 1000
)

// newIDSearch parses a folded text.
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

// list looks the ids up in the database where its index of ids leads to few.
func (s idSearch) list(ctx context.Context, reader *sql.DB) (idSearch, error) {
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
	rows, err := reader.QueryContext(ctx, "SELECT seq FROM events WHERE id BETWEEN ? AND ? LIMIT ?", low, high, maxListed+1)
	if err != nil {
		return s, err
	}
	seqs, err := scanNumbers(rows)
	if err != nil || len(seqs) > maxListed {
		return s, err
	}
	slices.Sort(seqs)
	return idSearch{kind: listedIDs, seqs: seqs}, nil
}

// mayBeIn reports whether segment n may have an id that contains the text.
func (s *idSearch) mayBeIn(n int64) bool {
	if s.kind != listedIDs {
		return s.kind != noIDs
	}
	i, _ := slices.BinarySearch(s.seqs, First(n))
	return i < len(s.seqs) && Of(s.seqs[i]) == n
}

// find adds the events of segment n whose ids contain the text. ids reads the
// segment's ids block.
func (s *idSearch) find(n int64, ids func() ([]byte, error), found *EventSet) error {
	switch s.kind {
	case anyIDs:
		found.fill()
	case listedIDs:
		for _, seq := range s.seqs {
			if Of(seq) == n {
				found.add(Position(seq))
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

// scan finds the digits among packed ids. They begin with the first or with the
// second digit of a byte.
func (s *idSearch) scan(packed []byte, found *EventSet) {
	for odd := range 2 {
		if odd == 1 && s.kind == beginIDs {
			return
		}
		// bytes.Index finds the whole bytes of the digits; hasDigits compares
		// the odd digit on either side.
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
			if n := i / 16; i%16 >= odd && i%16*2+len(middle) <= 32 && s.hasDigits(packed[n*16:n*16+16], i%16*2-odd) {
				found.add(uint16(n))
				from = n*16 + 16
			}
		}
	}
}

// hasDigits reports whether an id has the digits from one of its 32 digits on.
func (s *idSearch) hasDigits(id []byte, from int) bool {
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
