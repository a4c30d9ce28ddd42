package segment

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postern/internal/event"
)

func FuzzIndexedTexts(f *testing.F) {
	f.Add([]byte(`{"a":"b","identity_id":-1.5e3 ,"c":{"d":"e"},"f":["g"],"":"","x":[{"y":"z"}],"n":12}`))
	f.Add([]byte("{ \"identity_id\" :\n7 }"))
	f.Add([]byte(`{"a":"\u0041","identity_id":3}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := event.Decode(fmt.Appendf(nil, `{"type":"face_matched","source":"s","data":%s}`, data), start)
		if err != nil {
			return
		}
		var got, want []string
		eachText(e[0], func(text string) { got = append(got, strings.Clone(text)) })
		for _, field := range e[0].Fields() {
			if kind := field.Value.Kind(); kind == '"' || kind == '0' && field.Name == identityField {
				want = append(want, field.Text())
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", e[0].Data, got, want)
		}
	})
}
