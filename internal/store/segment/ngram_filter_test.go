package segment

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"postern/internal/event"
)

func TestNgramFilter_neverRulesOutAMatch(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`{"label":"Alice Smith"}`, `{"label":"Zoë Ångström","n":1}`, `{"label":"\u0041lice"}`, `{"label":"İSTANBUL"}`,
		`{"label":"straße"}`, `{"label":"K2 \u212a2","x":"日本語のテキスト"}`, `{"a":"x","b":"x1_y2-z3"}`, `{"label":"say \"hi\" now"}`, `{}`,
		`{"label":"S\u00f8rensen","nfd":"Zoë \u0301"}`, `{"label":"Đorđević Łukasz ｆｕｌｌ ﬁx","x":"한글 が"}`,
	} {
		e := made(withID("evt_Some-ID_42"), withData(data), func(e *event.Event) { e.Camera, e.Source = "Höhe 2", "face_pipeline" })
		s, builder := New(0), NewBuilder()
		e.Seq = 1
		s.Add(e, builder)
		texts := []string{e.ID, e.Camera, e.Source}
		for _, f := range e.Fields() {
			if f.Value.Kind() == '"' {
				texts = append(texts, f.Text())
			}
		}
		for _, text := range texts {
			runes := []rune(text)
			for i := range runes {
				for k := i + 1; k <= len(runes); k++ {
					part := string(runes[i:k])
					for _, q := range []string{part, strings.ToUpper(part), strings.ToLower(part), norm.NFD.String(part), event.Fold(part)} {
						f := event.Filter{Text: q}
						if f.Match(e) && s.Prune(Compile(f)) == Skip {
							t.Errorf("%s: a search for %q finds it, the filter rules it out", data, q)
						}
					}
				}
			}
		}
	}
}

func TestNgramFilter_rulesOutAbsentTexts(t *testing.T) {
	t.Parallel()
	s, builder := New(0), NewBuilder()
	for i := range Events {
		e := typical(i)
		e.Seq = int64(i + 1)
		s.Add(e, builder)
	}
	ngrams := s.ngrams
	for _, text := range []string{"xanthippe", "Quux", "smythe", "gate_controller", "żółw", "日本語", "alicesmith",
		"trk-12345", "id-2000", "evt_0"} {
		if ngrams.mayContain(text) {
			t.Errorf("%q is not ruled out", text)
		}
	}
	for _, text := range []string{"smith", "ice smi", "lobby-cam", "face", "vip", "a", "", "--", "id-0004", "trk-1234"} {
		if !ngrams.mayContain(text) {
			t.Errorf("%q is ruled out", text)
		}
	}
}

func FuzzNgramFilter(f *testing.F) {
	f.Add("Alice Smith", "ICE")
	f.Add("Zoë İstanbul K2", "istanbul")
	f.Fuzz(func(t *testing.T, text, q string) {
		var ngrams NgramFilter
		ngrams.add([]byte(event.Fold(text)))
		if strings.Contains(event.Fold(text), event.Fold(q)) && !ngrams.mayContain(event.Fold(q)) {
			t.Errorf("%q contains %q, the filter rules it out", text, q)
		}
	})
}
