package event

import (
	"encoding/hex"
	"strings"

	"github.com/google/uuid"
)

// idPrefix starts every id that Postern makes.
const idPrefix = "evt_"

// MaxIDLength is the length of the longest id, in bytes.
const MaxIDLength = 64

// reservedIDs are words of the URL table below /api/v1/events, which an event
// of that name could not be reached behind.
var reservedIDs = map[string]bool{"recent": true, "types": true, "webhooks": true, "alerts": true, "stream": true, "export": true}

// NewID makes an id: "evt_" and a UUIDv7, whose leading time keeps the
// journal's index growing at one end (random ids cost twice the insert).
func NewID() string {
	id, err := uuid.NewV7()
	if err != nil {
		// Only a broken random source gets here, and then nothing is safe.
		panic("event: no randomness for an id: " + err.Error())
	}
	return UnpackID(id[:])
}

// ValidID reports whether id can be an event's: 1 to 64 of A-Z a-z 0-9 _ -,
// and not a word of the URL table.
func ValidID(id string) bool {
	if len(id) == 0 || len(id) > MaxIDLength || reservedIDs[id] {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// PackID returns the short form of an id for storage: 16 bytes for "evt_"
// and a lower-case UUID, else nil, which says to store the id as it is.
func PackID(id string) []byte {
	s, ok := strings.CutPrefix(id, idPrefix)
	if !ok || len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil
	}
	var hexed [32]byte
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '-' && (i == 8 || i == 13 || i == 18 || i == 23):
		case n < 32 && (c >= '0' && c <= '9' || c >= 'a' && c <= 'f'):
			hexed[n] = c
			n++
		default:
			return nil
		}
	}
	if n != 32 {
		return nil
	}
	packed := make([]byte, 16)
	if _, err := hex.Decode(packed, hexed[:]); err != nil {
		return nil
	}
	return packed
}

// UnpackID is the inverse of PackID for its 16-byte form.
func UnpackID(packed []byte) string {
	var b [40]byte
	copy(b[:], idPrefix)
	u := b[4:]
	hex.Encode(u[0:8], packed[0:4])
	u[8] = '-'
	hex.Encode(u[9:13], packed[4:6])
	u[13] = '-'
	hex.Encode(u[14:18], packed[6:8])
	u[18] = '-'
	hex.Encode(u[19:23], packed[8:10])
	u[23] = '-'
	hex.Encode(u[24:36], packed[10:16])
	return string(b[:])
}
