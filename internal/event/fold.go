package event

import (
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns a text as searches compare it: without regard to case, to how
// its letters are encoded (NFKC: composed, decomposed, full-width, ligatures) and to
// combining marks, so that "sorensen" finds "Sørensen". A text and its query
// are both folded. Folding twice is folding once. Only searches by text fold:
// an identity, a camera or a source that is named is compared exactly.
func Fold(text string) string {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return string(AppendFold(nil, text))
		}
	}
	return strings.ToLower(text)
}

// AppendFold appends a text's folded form.
func AppendFold(b []byte, text string) []byte {
	begin := len(b)
	b = append(b, text...)
	for i, c := range b[begin:] {
		if c >= utf8.RuneSelf {
			return appendLetters(b, begin, i, text)
		}
		if 'A' <= c && c <= 'Z' {
			b[begin+i] = c + 'a' - 'A'
		}
	}
	return b
}

// appendLetters is AppendFold for the text from byte i; the bytes before it are in b
// from begin on. It folds each letter by itself, as far as its neighbours don't
// matter.
func appendLetters(b []byte, begin, i int, text string) []byte {
	b = b[:begin+i]
	for _, r := range text[i:] {
		letter := foldedLetterOf(r)
		if !letter.alone {
			return appendFolded(b[:begin], text)
		}
		b = append(b, letter.text...)
	}
	return b
}

// foldedLetter is a letter's folded form. It is alone where no letter before
// it makes another of it.
type foldedLetter struct {
	text  string
	alone bool
}

// foldedBlocks are the letters of the basic plane, 256 at a time, once one of
// them was looked up.
var foldedBlocks [256]atomic.Pointer[[256]foldedLetter]

func foldedLetterOf(r rune) foldedLetter {
	if r > 0xffff {
		return foldedLetter{}
	}
	known := foldedBlocks[r>>8].Load()
	if known == nil {
		known = new([256]foldedLetter)
		for i := range known {
			text := string(appendFolded(nil, string(r&^0xff+rune(i))))
			known[i] = foldedLetter{text, text == "" || norm.NFC.PropertiesString(text).BoundaryBefore()}
		}
		foldedBlocks[r>>8].Store(known)
	}
	return known[r&0xff]
}

// appendFolded is AppendFold for any text. It decomposes the text to separate letters
// from their marks, and composes it at the end for scripts that write syllables of
// several parts.
func appendFolded(b []byte, text string) []byte {
	begin := len(b)
	decomposed := norm.NFKD.AppendString(make([]byte, 0, len(text)+len(text)/2), text)
	for i := 0; i < len(decomposed); {
		r, size := utf8.DecodeRune(decomposed[i:])
		i += size
		switch {
		case 'A' <= r && r <= 'Z':
			b = append(b, byte(r)+'a'-'A')
		case r < utf8.RuneSelf:
			b = append(b, byte(r))
		case r == iotaSubscript: // the one mark that is a letter in capitals
			b = append(b, "ι"...)
		case unicode.In(r, unicode.Mn, unicode.Me):
		default:
			b = appendLetter(b, foldCase(r))
		}
	}
	if !norm.NFC.IsNormal(b[begin:]) {
		b = append(b[:begin], norm.NFC.Bytes(b[begin:])...)
	}
	return b
}

const iotaSubscript = '\u0345'

// foldCase returns the letter that stands for all letters that differ from r in
// case alone, which for some are three: σ and ς are both Σ's small letters.
func foldCase(r rune) rune {
	first := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if f != iotaSubscript {
			first = min(first, f)
		}
	}
	return unicode.ToLower(first)
}

// appendLetter appends a small letter. Those that are written as others where
// they can't be typed, and that no decomposition tells, become these.
func appendLetter(b []byte, r rune) []byte {
	switch r {
	case 'æ':
		return append(b, "ae"...)
	case 'œ':
		return append(b, "oe"...)
	case 'ß':
		return append(b, "ss"...)
	case 'þ':
		return append(b, "th"...)
	case 'ø':
		return append(b, 'o')
	case 'đ', 'ð', 'ɖ':
		return append(b, 'd')
	case 'ħ':
		return append(b, 'h')
	case 'ı':
		return append(b, 'i')
	case 'ł':
		return append(b, 'l')
	case 'ŧ':
		return append(b, 't')
	}
	return utf8.AppendRune(b, r)
}
