package store

// words says which runs of three and of five bytes occur in some folded
// texts (event.Fold): a text that contains another also contains each of its runs, so
// that most texts can be ruled out without looking at an event. Runs of three
// tell short words apart, runs of five numbers: of those three digits, all
// occur everywhere. Each run shares its bit with others.
type words [65536 / 8]byte

// add adds a folded text.
func (w *words) add(text []byte) {
	var run uint64
	for i, b := range text {
		run = run<<8 | uint64(b)
		if i >= 2 {
			bit := shortRun(run)
			w[bit/8] |= 1 << (bit % 8)
		}
		if i >= 4 {
			bit := longRun(run)
			w[bit/8] |= 1 << (bit % 8)
		}
	}
}

// mayContain reports whether one of the texts may contain text, which is
// folded.
func (w *words) mayContain(text string) bool {
	var run uint64
	for i := range len(text) {
		run = run<<8 | uint64(text[i])
		if i >= 2 {
			if bit := shortRun(run); w[bit/8]&(1<<(bit%8)) == 0 {
				return false
			}
		}
		if i >= 4 {
			if bit := longRun(run); w[bit/8]&(1<<(bit%8)) == 0 {
				return false
			}
		}
	}
	return true
}

// shortRun and longRun are the bits of the last three and five bytes: each
// kind has a half of them.
func shortRun(run uint64) uint32 {
	return uint32(run&0xffffff) * 2654435761 >> 17
}

func longRun(run uint64) uint32 {
	return uint32((run&0xffffffffff)*0x9e3779b97f4a7c15>>49) | 1<<15
}
