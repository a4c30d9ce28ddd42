package settings

import (
	"testing"
	"time"

	"postern/views/eventlist"
)

func TestWhatAVerificationSays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		v    Verification
		want string
	}{
		{Verification{Events: 1}, "1 event read, no damage found"},
		{Verification{Events: 1200, Unsummed: 200}, "1,200 events read, no damage found, 200 without a checksum"},
		{Verification{Events: 1200, Unreadable: 1}, "1 event of 1,200 can't be read"},
		{Verification{Events: 1200, Unreadable: 3, Blocks: 1}, "3 events of 1,200 can't be read, 1 damaged block in the index"},
	} {
		if got := test.v.summary(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.v, got, test.want)
		}
	}
	for want, seqs := range map[string][]int64{
		"The event with sequence number 8 can't be read: it was changed on the disk.":                          {8},
		"The events with sequence numbers 8, 9 can't be read: they were changed on the disk.":                  {8, 9},
		"The events with sequence numbers 1, 2, 3, 4, 5, 2 more can't be read: they were changed on the disk.": {1, 2, 3, 4, 5, 6, 7},
	} {
		if got := eventlist.DamagedEvents(seqs); got != want {
			t.Errorf("%v: %q, want %q", seqs, got, want)
		}
	}
	if ahead, back := (ServerClock{Ahead: 31 * 24 * time.Hour}).jumped(), (ServerClock{Ahead: -5 * time.Hour}).jumped(); ahead !=
		"31 d ahead" || back != "5 h back" {
		t.Errorf("%q, %q", ahead, back)
	}
}
