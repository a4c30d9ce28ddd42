package counters

import (
	"fmt"
	"testing"
)

func FuzzDecode(f *testing.F) {
	hours, minutes := (&Segment{
		names: []string{"gate"}, last: []seen{{9, 5, 2}},
		hours:   []bucket{{5, []counter{{counterKey{1, 2}, 3}}}},
		minutes: []bucket{{300, []counter{{counterKey{0, 1}, 1}}}, {301, []counter{{counterKey{1, 2}, 3}}}},
	}).Encode(1)
	f.Add(hours, minutes)
	f.Fuzz(func(t *testing.T, hours, minutes []byte) {
		c, err := Decode(hours, minutes, 1)
		if err != nil {
			return
		}
		h, m := c.Encode(1)
		if again, err := Decode(h, m, 1); err != nil || fmt.Sprint(again.names, again.last, again.hours) != fmt.Sprint(c.names, c.last, c.hours) {
			t.Errorf("%v becomes %v, %v", c, again, err)
		}
		New(nil, Log{}).Load(c)
	})
}
