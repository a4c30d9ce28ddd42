package main

import "testing"

func TestClockConfirm_says_what_it_confirmed(t *testing.T) {
	data := t.TempDir()
	const fine = "The clock was not in doubt; it is confirmed as it is."
	if out := works(t, "", data, "clock", "confirm"); out != fine+"\n" {
		t.Errorf("it prints %q", out)
	}
	for held, want := range map[bool]string{true: "The clock is confirmed.", false: fine} {
		if got := confirmedWords(held); got != want {
			t.Errorf("of a clock in doubt (%t) it says %q, want %q", held, got, want)
		}
	}
}
