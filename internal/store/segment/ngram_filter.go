package segment

// NgramFilter is a Bloom filter of the 3-grams and 5-grams (runs of 3 and 5
// bytes) of a segment's folded texts (event.Fold). A text that contains another
// one contains each of its n-grams too, so that most searched texts are ruled
// out without a look at an event. 3-grams tell short words apart. 5-grams tell
// numbers apart: of three digits, every combination occurs in a segment.
//
// There is one hash function per n-gram size. 3-grams have the first half of
// the bits, 5-grams the second half. Bit i is bit i%8 of byte i/8.
type NgramFilter [ngramBits / 8]byte

const ngramBits = 65536

// add adds the n-grams of a folded text.
func (f *NgramFilter) add(text []byte) {
	var gram uint64
	for i, b := range text {
		gram = gram<<8 | uint64(b)
		if i >= 2 {
			bit := bit3(gram)
			f[bit/8] |= 1 << (bit % 8)
		}
		if i >= 4 {
			bit := bit5(gram)
			f[bit/8] |= 1 << (bit % 8)
		}
	}
}

// mayContain reports whether one of the added texts may contain text, which is
// folded. A text of fewer than 3 bytes is never ruled out.
func (f *NgramFilter) mayContain(text string) bool {
	var gram uint64
	for i := range len(text) {
		gram = gram<<8 | uint64(text[i])
		if i >= 2 {
			if bit := bit3(gram); f[bit/8]&(1<<(bit%8)) == 0 {
				return false
			}
		}
		if i >= 4 {
			if bit := bit5(gram); f[bit/8]&(1<<(bit%8)) == 0 {
				return false
			}
		}
	}
	return true
}

// bit3 is the bit of the 3-gram in gram's last three bytes.
func bit3(gram uint64) uint32 {
	return uint32(gram&0xffffff) * 2654435761 >> 17
}

// bit5 is the bit of the 5-gram in gram's last five bytes.
func bit5(gram uint64) uint32 {
	return uint32((gram&0xffffffffff)*0x9e3779b97f4a7c15>>49) | 1<<15
}
