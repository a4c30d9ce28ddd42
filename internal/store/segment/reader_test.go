package segment

import (
	"errors"
	"fmt"
	"testing"
)

func FuzzTermDictionary(f *testing.F) {
	d, ngrams := newTermDictionary(), new(NgramFilter)
	for i := range 300 {
		d.add(uint16(i), fmt.Sprint("term ", i/2), ngrams)
		d.add(uint16(i), fmt.Sprint("unique ", i), ngrams)
	}
	f.Add(d.encode(), "term 7", uint16(9))
	f.Add(newTermDictionary().encode(), "", uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, text string, position uint16) {
		s, err := openDictionary(b)
		if err != nil {
			return
		}
		var found, removed EventSet
		if err := errors.Join(s.find(text, false, &found), s.find(text, true, &found)); err != nil {
			return
		}
		removed.add(position % Events)
		left, err := s.without(&removed, len(b))
		if err != nil {
			return
		}
		if len(left) != len(b) {
			t.Errorf("%d bytes became %d", len(b), len(left))
		}
		again, err := openDictionary(left)
		if err != nil {
			t.Fatalf("what without returned: %v", err)
		}
		var after EventSet
		if err := again.find(text, false, &after); err != nil || after.Has(position%Events) {
			t.Errorf("after removing %d: %v", position, err)
		}
	})
}
