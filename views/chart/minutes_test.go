package chart

import (
	"testing"
	"time"
)

func TestNumbersThatMayBeTooSmallSaySo(t *testing.T) {
	t.Parallel()
	minute := func(n int64, atLeast bool) Minute {
		return Minute{ByType: []int64{0, n}, Known: !atLeast, AtLeast: atLeast}
	}
	for _, test := range []struct {
		minutes []Minute
		want    string
	}{
		{nil, "0"},
		{[]Minute{minute(1000, false), minute(234, false)}, "1,234"},
		{[]Minute{minute(1000, false), minute(0, true)}, "at least 1,000"},
		{[]Minute{{ByType: []int64{0, 0}}, minute(7, false)}, "7"}, // a minute without data
	} {
		if got := Received(test.minutes); got != test.want {
			t.Errorf("%v: %q, want %q", test.minutes, got, test.want)
		}
	}
	bars := Bars([]Minute{{Start: time.Unix(0, 0), ByType: []int64{0, 3}, Known: true},
		{Start: time.Unix(60, 0), ByType: []int64{0, 0}, AtLeast: true}}, 5*time.Minute)
	if len(bars) != 1 || !bars[0].AtLeast {
		t.Errorf("a bar of which a part is unknown: %+v", bars)
	}
	rows := Chart{Bars: bars, Length: 5 * time.Minute, Row: 5 * time.Minute}.rows()
	if len(rows) != 1 || rows[0].Known {
		t.Errorf("a row of which a part is unknown shows its count: %+v", rows)
	}
}
