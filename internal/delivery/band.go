package delivery

import (
	"slices"
	"time"
)

// Band is the part of a webhook's heatmap that an attempt belongs to: how long a
// delivery took, or where an attempt failed. The database stores its number, so
// numbers are never reused.
type Band uint8

// The bands, in the order of the heatmap; zero is none.
const (
	BandNone      Band = iota
	BandUnder100       // delivered in less than 100 ms
	BandUnder500       // delivered in less than 500 ms
	BandUnder2s        // delivered in less than 2 s
	BandUnder10s       // delivered in less than 10 s
	BandSlower         // delivered in 10 s or more
	BandTimeout        // no answer in time
	BandConnect        // no connection, or no address for the name
	BandTLS            // no secure connection
	BandRejected       // answered 4xx
	BandError          // answered 5xx
	BandForbidden      // an address that Postern may not call
	BandOther          // any other failure
	BandCount          // how many there are, and none
)

var bandNames = [BandCount]string{
	BandUnder100: "under_100ms", BandUnder500: "under_500ms", BandUnder2s: "under_2s", BandUnder10s: "under_10s", BandSlower: "over_10s",
	BandTimeout: "timeout", BandConnect: "connect", BandTLS: "tls", BandRejected: "4xx", BandError: "5xx", BandForbidden: "refused",
	BandOther: "other",
}

// bandLimits are the durations below which a delivery is in the bands from
// BandUnder100 on.
var bandLimits = [...]time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 10 * time.Second}

// String returns the band's name in the API; empty for none.
func (b Band) String() string { return bandNames[min(b, BandCount-1)] }

// Failed reports whether the band has failed attempts.
func (b Band) Failed() bool { return b >= BandTimeout }

// Bands returns all bands in their order.
func Bands() []Band {
	all := make([]Band, 0, BandCount-1)
	for b := BandUnder100; b < BandCount; b++ {
		all = append(all, b)
	}
	return all
}

// ParseBand parses the name of a band in the API.
func ParseBand(name string) (b Band, ok bool) {
	i := slices.Index(bandNames[:], name)
	return Band(max(i, 0)), i > 0
}

// BandNames are the names of the bands.
func BandNames() []string { return slices.Clone(bandNames[1:]) }

// Band returns the band that the attempt belongs to.
func (a *Attempt) Band() Band {
	switch a.Class {
	case ClassNone:
		for i, limit := range bandLimits {
			if a.Duration < limit {
				return BandUnder100 + Band(i)
			}
		}
		return BandSlower
	case ClassTimeout:
		return BandTimeout
	case ClassDNS, ClassConnect:
		return BandConnect
	case ClassTLS:
		return BandTLS
	case ClassRefused:
		return BandForbidden
	case ClassStatus:
		switch a.Status / 100 {
		case 4:
			return BandRejected
		case 5:
			return BandError
		}
	}
	return BandOther
}

// BandHour counts the attempts that began in an hour, by band.
type BandHour struct {
	Start  time.Time // on the hour, UTC
	Counts [BandCount]int64
}

// Sum returns the numbers of delivered and of failed attempts.
func (h *BandHour) Sum() (delivered, failed int64) {
	for b, n := range h.Counts {
		if Band(b).Failed() {
			failed += n
		} else {
			delivered += n
		}
	}
	return delivered, failed
}
