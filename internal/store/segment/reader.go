package segment

import (
	"encoding/binary"
	"errors"
	"slices"

	"postern/internal/varint"
)

var (
	// errDamaged says that a block isn't as it was written.
	errDamaged = errors.New("a block of the search index is damaged")
	// errNoBlock says that a segment has no block of a kind, or an overwritten
	// one.
	errNoBlock = errors.New("the segment has no such block")
)

// dictionaryReader finds terms in an encoded term dictionary.
type dictionaryReader struct {
	uniquePositions []byte // two bytes for each unique term
	unique          []byte // the unique terms
	lists           [][]byte
	shared          []byte // the shared terms, one for each postings list
}

// openDictionary reads the layout of an encoded term dictionary. It decodes
// postings lists later, when find needs them.
func openDictionary(b []byte) (*dictionaryReader, error) {
	r := varint.Reader{Rest: b}
	if r.Octet() != dictionaryVersion {
		return nil, errDamaged
	}
	d := new(dictionaryReader)
	n := r.Length()
	if 2*n > int64(len(r.Rest)) {
		return nil, errDamaged
	}
	d.uniquePositions, r.Rest = r.Rest[:2*n], r.Rest[2*n:]
	d.unique = r.Bytes()
	n = r.Length()
	d.lists = make([][]byte, 0, min(n, 2*Events))
	for range n {
		d.lists = append(d.lists, r.Bytes())
	}
	d.shared = r.Bytes()
	if r.Broken || len(d.lists) == 0 {
		return nil, errDamaged
	}
	return d, nil
}

// find implements finder.
func (d *dictionaryReader) find(text string, whole bool, found *EventSet) (err error) {
	eachMatchingTerm(d.unique, text, whole, func(n int) {
		if position := d.uniquePosition(n); position < Events {
			found.add(position)
		} else {
			err = errDamaged
		}
	})
	addShared := func(n int) {
		if n >= len(d.lists) || !eachPosition(d.lists[n], found.add) {
			err = errDamaged
		}
	}
	addShared(emptyTerm)
	eachMatchingTerm(d.shared, text, whole, addShared)
	return err
}

// uniquePosition returns the position of a unique term's event, and Events
// where the block has none.
func (d *dictionaryReader) uniquePosition(n int) uint16 {
	if 2*n+2 > len(d.uniquePositions) {
		return Events
	}
	return binary.LittleEndian.Uint16(d.uniquePositions[2*n:])
}

// without returns the encoded dictionary without some events, padded with zeros
// to the given length: SQLite overwrites a row in place only where the row
// keeps its length.
func (d *dictionaryReader) without(removed *EventSet, length int) ([]byte, error) {
	left, err := d.decode()
	if err != nil {
		return nil, err
	}
	left.removePostings(removed)
	b := left.encode()
	if len(b) > length {
		return nil, errDamaged
	}
	return append(b, make([]byte, length-len(b))...), nil
}

// decode returns the dictionary without its hash table: it can be encoded again,
// but not be added to.
func (d *dictionaryReader) decode() (*termDictionary, error) {
	decoded := &termDictionary{terms: []byte{termEnd, termEnd}, ends: []uint32{1}}
	valid := true
	addTerms := func(terms []byte, eachOf func(n int, yield func(position uint16)) bool) {
		for n := 0; valid && len(terms) > 1; n++ {
			terms = terms[1:] // the termEnd before it
			end := slices.Index(terms, termEnd)
			if end < 0 {
				valid = false
				return
			}
			term := uint32(emptyTerm)
			if end > 0 {
				decoded.terms = append(append(decoded.terms, terms[:end]...), termEnd)
				decoded.ends = append(decoded.ends, uint32(len(decoded.terms)-1))
				term = uint32(len(decoded.ends) - 1)
			}
			valid = eachOf(n, func(position uint16) { decoded.postings = append(decoded.postings, posting{term, position}) })
			terms = terms[end:]
		}
	}
	addTerms(d.shared, func(n int, yield func(uint16)) bool {
		return n < len(d.lists) && eachPosition(d.lists[n], yield)
	})
	addTerms(d.unique, func(n int, yield func(uint16)) bool {
		position := d.uniquePosition(n)
		if position < Events {
			yield(position)
		}
		return position < Events
	})
	if !valid {
		return nil, errDamaged
	}
	return decoded, nil
}
