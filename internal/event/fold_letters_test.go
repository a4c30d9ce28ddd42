package event

import (
	"math/rand/v2"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"postern/internal/fullrun"
)

// Letters that are known one by one are folded as they are in a text.
func TestKnownLettersAreFoldedAsInAText(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	ranges := []*unicode.RangeTable{unicode.Latin, unicode.Mn, unicode.Mc, unicode.Greek, unicode.Hangul, unicode.Katakana, unicode.Hiragana,
		unicode.Devanagari, unicode.Thai, unicode.Arabic, unicode.Hebrew, unicode.So, unicode.L}
	letter := func() rune {
		table := ranges[rng.IntN(len(ranges))]
		if rng.IntN(6) == 0 || len(table.R16) == 0 {
			return []rune{'a', ' ', 'Z', utf8.RuneError, 0x1F3FD}[rng.IntN(5)]
		}
		r := table.R16[rng.IntN(len(table.R16))]
		return rune(r.Lo) + rune(rng.IntN(int(r.Hi-r.Lo)/int(r.Stride)+1)*int(r.Stride))
	}
	for range 200_000 {
		runes := make([]rune, 1+rng.IntN(6))
		for i := range runes {
			runes[i] = letter()
		}
		text := string(runes)
		if rng.IntN(2) == 0 {
			text = norm.NFD.String(text)
		}
		if got, want := string(AppendFold(nil, text)), string(appendFolded(nil, text)); got != want {
			t.Fatalf("%+q is folded to %+q, and as a whole to %+q", text, got, want)
		}
	}
}
