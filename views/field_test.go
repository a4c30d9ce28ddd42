package views

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
		{[]Minute{{ByType: []int64{0, 0}}, minute(7, false)}, "7"}, // nobody was there, and nothing arrived
	} {
		if got := received(test.minutes); got != test.want {
			t.Errorf("%v: %q, want %q", test.minutes, got, test.want)
		}
	}
	bars := Bars([]Minute{{Start: time.Unix(0, 0), ByType: []int64{0, 3}, Known: true}, {Start: time.Unix(60, 0), ByType: []int64{0, 0}, AtLeast: true}}, 5*time.Minute)
	if len(bars) != 1 || !bars[0].AtLeast {
		t.Errorf("a bar of which a part is unknown: %+v", bars)
	}
	rows := Chart{Bars: bars, Length: 5 * time.Minute, Row: 5 * time.Minute}.rows()
	if len(rows) != 1 || rows[0].Known {
		t.Errorf("a row of which a part is unknown shows its count: %+v", rows)
	}
}

func TestWhatAVerificationSays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		v    Verification
		want string
	}{
		{Verification{Events: 1}, "1 event read, all whole"},
		{Verification{Events: 1200, Unsummed: 200}, "1,200 events read, all whole, 200 without a checksum"},
		{Verification{Events: 1200, Unreadable: 1}, "1 event of 1,200 can't be read"},
		{Verification{Events: 1200, Unreadable: 3, Blocks: 1}, "3 events of 1,200 can't be read, 1 part of the index wrong"},
	} {
		if got := test.v.said(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.v, got, test.want)
		}
	}
	for want, seqs := range map[string][]int64{
		"Event number 8 can't be read: it was changed on the disk.":                         {8},
		"Events number 8, 9 can't be read: they were changed on the disk.":                  {8, 9},
		"Events number 1, 2, 3, 4, 5, 2 more can't be read: they were changed on the disk.": {1, 2, 3, 4, 5, 6, 7},
	} {
		if got := damagedWords(seqs); got != want {
			t.Errorf("%v: %q, want %q", seqs, got, want)
		}
	}
	if ahead, back := (ServerClock{Ahead: 31 * 24 * time.Hour}).jumped(), (ServerClock{Ahead: -5 * time.Hour}).jumped(); ahead != "31 d ahead" || back != "5 h back" {
		t.Errorf("%q, %q", ahead, back)
	}
}
