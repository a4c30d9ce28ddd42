package ui

import (
	"testing"
	"time"
)

func TestSizesInWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 1023: "1,023 bytes", 1024: "1.0 KiB", 256 << 10: "256 KiB",
		10 << 30: "10 GiB", 5 << 40: "5.0 TiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestCountKeepsThousandsApart(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4321: "-4,321"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSpanUsesTwoUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                 "under 0.1 ms",
		163 * time.Microsecond:            "0.2 ms",
		2 * time.Millisecond:              "2 ms",
		41 * time.Millisecond:             "41 ms",
		time.Second:                       "1 s",
		1200 * time.Millisecond:           "1.2 s",
		74*time.Second + 5e8:              "1 min 15 s",
		2 * time.Minute:                   "2 min",
		3*time.Hour + 4*time.Minute:       "3 h 4 min",
		49 * time.Hour:                    "2 d 1 h",
		59*time.Second + 9*time.Second/10: "1 min",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
}
