package event_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"postern/internal/event"
	"postern/internal/fullrun"
)

func TestFoldedTexts(t *testing.T) {
	t.Parallel()
	for folded, texts := range map[string][]string{
		"sorensen":     {"sorensen", "Sørensen", "SØRENSEN", "So\u0301rensen", "Sǿrensen", "Ｓørensen"},
		"zoe angstrom": {"Zoë Ångström", "Zoe\u0308 A\u030Angstro\u0308m", "ZOË ÅNGSTRÖM", "Zoë \u212Bngström", "zoë\u00A0ångström"},
		"strasse":      {"Straße", "STRASSE", "STRAẞE", "straſſe", "ｓｔｒａßｅ"},
		"do":           {"Đo", "đo", "Ðo", "ðo"},
		"dordevic":     {"Đorđević", "ĐORĐEVIĆ", "Đorđevic\u0301", "Dordevic"},
		"lukasz":       {"Łukasz", "ŁUKASZ", "łukasz"},
		"istanbul":     {"İstanbul", "ıstanbul", "ISTANBUL", "istanbul", "I\u0307stanbul"},
		"aeroskobing":  {"Ærøskøbing", "ÆRØSKØBING", "ǽrøskøbing"},
		"oeuvre":       {"œuvre", "ŒUVRE"},
		"thor":         {"Þór", "þor"},
		"lobby-cam-1":  {"Lobby-Cam-1", "ＬＯＢＢＹ－ＣＡＭ－１", "lobby-cam-①"},
		"office":       {"oﬃce", "OFFICE"},
		"σισυφοσ":      {"Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		"и":            {"й", "И\u0306", "Й"},
		"カメラ":          {"カメラ", "ｶﾒﾗ"},
		"한글":           {"한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"},
		"日本語":          {"日本語"},
		"2nd x2":       {"2ⁿᵈ X²"},
		"k a":          {"\u212A \u212B"},
		"":             {"", "\u0301", "\u0308\u20DD\uFE0F"},
		"a\ufffdb":     {"A\xffb", "a\ufffdB"},
	} {
		for _, text := range texts {
			if got := event.Fold(text); got != folded {
				t.Errorf("%q (%+q) is folded to %+q, want %+q", text, text, got, folded)
			}
			if got := string(event.AppendFold([]byte("before "), text)); got != "before "+folded {
				t.Errorf("%q is appended as %+q", text, got)
			}
		}
	}
}

// Every letter is folded to one form, however it is encoded and in whatever
// case, and folding it again changes nothing.
func TestFoldHoldsForEveryLetter(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	caser := cases.Fold()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf) {
			continue // nobody's
		}
		if (r >= 0x3400 && r < 0xA000 || r >= 0x20000 && r < 0x2F800 || r >= 0x30000) && r%97 != 0 {
			continue // ideographs, of which some will do
		}
		text := string(r)
		folded := event.Fold(text)
		if event.Fold(folded) != folded {
			t.Errorf("%U is folded to %+q and that to %+q", r, folded, event.Fold(folded))
		}
		if !utf8.ValidString(folded) || strings.IndexByte(folded, 0xff) >= 0 {
			t.Errorf("%U is folded to %+q", r, folded)
		}
		for what, other := range map[string]string{
			"NFC": norm.NFC.String(text), "NFD": norm.NFD.String(text), "NFKC": norm.NFKC.String(text), "NFKD": norm.NFKD.String(text),
			"case fold": caser.String(text), "upper": string(unicode.ToUpper(r)), "lower": string(unicode.ToLower(r)),
		} {
			if other == text {
				continue
			}
			if got := event.Fold(other); got != folded {
				t.Errorf("%U is folded to %+q, its %s %+q to %+q", r, folded, what, other, got)
			}
		}
	}
}

// randomText is a text of letters that are hard to compare, in any encoding.
func randomText(rng *rand.Rand, n int) string {
	letters := []string{"a", "B", "ss", "ß", "Ø", "o", "é", "e\u0301", "\u0301", "\u0328\u0301", "Ａ", "İ", "ı", "æ", "Œ", "ﬁ",
		"각", "\u1100\u1161", "\u11a8", "が", "か\u3099", "ς", "ि", "क", " ", "-", "1", "_", "\u200d", "🏳️", "\U0001F3FD"}
	var b strings.Builder
	for range n {
		b.WriteString(letters[rng.IntN(len(letters))])
	}
	forms := []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD}
	if i := rng.IntN(6); i < len(forms) {
		return forms[i].String(b.String())
	}
	return b.String()
}

func TestFoldHoldsForTexts(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := randomText(rng, rng.IntN(12))
		folded := event.Fold(text)
		for what, got := range map[string]string{
			"again": event.Fold(folded), "its NFD": event.Fold(norm.NFD.String(text)), "its NFKC": event.Fold(norm.NFKC.String(text)),
			"in capitals": event.Fold(strings.ToUpper(strings.ReplaceAll(text, "ı", "i"))),
		} {
			if got != folded {
				t.Fatalf("%+q is folded to %+q, %s to %+q", text, folded, what, got)
			}
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, text := range []string{"Sørensen", "e\u0301\xff", "각\u11a8", "ŁÓDŹ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folded := event.Fold(text)
		if !utf8.ValidString(folded) || event.Fold(folded) != folded {
			t.Errorf("%+q is folded to %+q and that to %+q", text, folded, event.Fold(folded))
		}
		if string(event.AppendFold(nil, text)) != folded {
			t.Errorf("%+q is appended as %+q", text, event.AppendFold(nil, text))
		}
	})
}

// The texts of most events cost nothing to fold.
func TestBudgetFold(t *testing.T) {
	room := make([]byte, 0, 256)
	for name, c := range map[string]struct {
		do     func()
		budget float64
	}{
		"small letters": {func() { event.Fold("lobby-cam-1 alice smith") }, 0},
		"capitals":      {func() { event.Fold("Alice Smith") }, 1},
		"appended":      {func() { event.AppendFold(room, "Alice Smith at Lobby-Cam-1") }, 0},
		"beyond ASCII":  {func() { event.AppendFold(room, "Søren Sørensen, Ангел, 日本語") }, 0},
	} {
		if n := testing.AllocsPerRun(200, c.do); n > c.budget {
			t.Errorf("%s: %v allocations, the budget is %v", name, n, c.budget)
		}
	}
}

func BenchmarkFold(b *testing.B) {
	room := make([]byte, 0, 256)
	for _, text := range []string{"Alice Smith at lobby-cam-1", "Søren Sørensen at lobby-cam-1", "日本語のテキスト", "한국어 텍스트"} {
		b.Run(fmt.Sprintf("%.8s", text), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				event.AppendFold(room, text)
			}
		})
	}
}
