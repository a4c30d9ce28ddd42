package segment

import (
	"strings"
	"testing"

	"postern/internal/event"
)

func FuzzIDSearch(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), "4-3", 5, 7)
	f.Fuzz(func(t *testing.T, packed []byte, text string, from, n int) {
		if len(packed) != 16 {
			return
		}
		id := event.UnpackID(packed)
		if from >= 0 && from < len(id) && n > 0 {
			text = id[from:min(len(id), from+n%len(id)+1)]
		}
		text = strings.ToLower(text)
		if text == "" || !strings.Contains(id, text) {
			return
		}
		ids := make([]byte, 3*16)
		copy(ids[16:], packed)
		s := newIDSearch(text)
		var found EventSet
		if err := s.find(0, func() ([]byte, error) { return ids, nil }, &found); err != nil || !found.Has(1) {
			t.Errorf("%q isn't found in %s: %+v, %v", text, id, s, err)
		}
	})
}
