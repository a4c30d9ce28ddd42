package event

import (
	"encoding/hex"
	"slices"

	"github.com/google/uuid"
)

// idPrefix starts every id that Postern makes.
const idPrefix = "evt_"

// MaxIDLength is the length of the longest id, in bytes.
const MaxIDLength = 128

// reservedIDs are the fixed words that routes have in place of an event's id.
// An event with such an id would be unreachable. A test of the web package
// compares them with its routes.
var reservedIDs = []string{"alerts", "export", "recent", "stream", "types", "webhooks"}

// ReservedIDs returns the words that can't be ids because Postern's routes use
// them, in order.
func ReservedIDs() []string { return slices.Clone(reservedIDs) }

// idRule is the message for an id that is refused.
const idRule = "An id must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -, and not . or .. alone. Leave it out and Postern makes one."

// NewID makes an id: "evt_" and a UUIDv7, whose leading time keeps the
// store's index growing at one end (random ids cost twice the insert).
func NewID() string {
	id, err := uuid.NewV7()
	if err != nil {
		// Only a broken random source gets here, and then nothing is safe.
		panic("event: no randomness for an id: " + err.Error())
	}
	return UnpackID(id[:])
}

// idLetters says which bytes an id may have.
var idLetters = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-") {
		table[c] = true
	}
	return table
}()

// ValidID reports whether id can be an event's id: 1 to 128 of A-Z a-z 0-9 . _
// : -, but no reserved word, and not "." or "..".
func ValidID(id string) bool {
	if len(id) == 0 || len(id) > MaxIDLength || id == "." || id == ".." || slices.Contains(reservedIDs, id) {
		return false
	}
	for i := range len(id) {
		if !idLetters[id[i]] {
			return false
		}
	}
	return true
}

// PackID returns the short form of an id for storage: 16 bytes for "evt_"
// and a lower-case UUID, else nil, which says to store the id as it is.
func PackID(id string) []byte {
	var packed [16]byte
	if !PackIDInto(&packed, id) {
		return nil
	}
	return packed[:]
}

// PackIDInto is PackID into an array. It reports whether the id has a short form; if
// not, the array's content is undefined.
func PackIDInto(packed *[16]byte, id string) bool {
	if len(id) != len(idPrefix)+36 || id[:len(idPrefix)] != idPrefix || id[12] != '-' || id[17] != '-' || id[22] != '-' || id[27] != '-' {
		return false
	}
	var wrong uint8
	for i, at := range pairsOfID {
		high, low := nibbles[id[at]], nibbles[id[at+1]]
		wrong |= high | low
		packed[i] = high<<4 | low
	}
	return wrong < 16
}

// pairsOfID are the positions of the digits of each byte in an id.
var pairsOfID = [16]uint8{4, 6, 8, 10, 13, 15, 18, 20, 23, 25, 28, 30, 32, 34, 36, 38}

// nibbles has the value of each hexadecimal digit in lower case; 16 for other bytes.
var nibbles = func() (table [256]uint8) {
	for i := range table {
		table[i] = 16
	}
	for i, c := range "0123456789abcdef" {
		table[c] = uint8(i)
	}
	return table
}()

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
