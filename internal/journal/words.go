package journal

import (
	"bytes"
	"strings"
	"unsafe"

	"postern/internal/event"
)

// words says which runs of three letters or digits occur in some texts,
// whatever their case: a text that contains another also contains each of its
// runs, so that most texts can be ruled out without looking at an event. It is
// exact for letters and digits of ASCII, and shares what is left among the
// others.
type words [65536 / 8]byte

const asciiRuns = 36 * 36 * 36

// letterOf numbers letters and digits from 1 to 36, anything beyond ASCII is
// foreign, and what stands between words is zero.
var letterOf = func() (table [256]uint8) {
	for b := range table {
		switch {
		case b >= 0x80:
			table[b] = foreign
		case '0' <= b && b <= '9':
			table[b] = uint8(b - '0' + 1)
		case 'a' <= b && b <= 'z':
			table[b] = uint8(b - 'a' + 11)
		case 'A' <= b && b <= 'Z':
			table[b] = uint8(b - 'A' + 11)
		}
	}
	return table
}()

const foreign = 37

// addEvent adds all that a search by text looks at.
func (w *words) addEvent(e *event.Event) {
	w.add(e.ID)
	w.add(e.Camera)
	w.add(e.Source)
	if bytes.IndexByte(e.Data, '\\') < 0 {
		// As it stands: a few names and numbers more do no harm.
		w.add(unsafe.String(unsafe.SliceData(e.Data), len(e.Data)))
		return
	}
	for _, f := range e.Fields() {
		if kind := f.Value.Kind(); kind == '"' || kind == '0' { // a number may be an identity
			w.add(f.Text())
		}
	}
}

func (w *words) add(text string) {
	eachRun(text, func(run int) bool {
		w[run/8] |= 1 << (run % 8)
		return true
	})
}

// mayContain reports whether one of the texts may contain text.
func (w *words) mayContain(text string) bool {
	return eachRun(text, func(run int) bool { return w[run/8]&(1<<(run%8)) != 0 })
}

// eachRun calls yield with the number of each run in text until it returns
// false, and reports whether it never did.
func eachRun(text string, yield func(int) bool) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 {
			text = strings.ToLower(text) // beyond ASCII the table knows no case
			break
		}
	}
	var a, b uint8
	for i := 0; i < len(text); i++ {
		c := letterOf[text[i]]
		if a != 0 && b != 0 && c != 0 {
			run := (int(a)*36+int(b))*36 + int(c) - (36*36 + 36 + 1)
			if a == foreign || b == foreign || c == foreign {
				mixed := (uint32(text[i-2])<<16 | uint32(text[i-1])<<8 | uint32(text[i])) * 2654435761
				run = asciiRuns + int(mixed>>8)%(65536-asciiRuns)
			}
			if !yield(run) {
				return false
			}
		}
		a, b = b, c
	}
	return true
}
