package event_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/event"
	"postern/internal/fullrun"
)

func TestSameContent(t *testing.T) {
	base := with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`, "data", `{"a":1}`)
	for name, tc := range map[string]struct {
		body string
		same bool
	}{
		"itself": {base, true},
		"other spelling": {with("data", `{ "a" : 1 }`, "camera_id", `"c"`, "timestamp", `"2026-03-19T11:32:15.0000001+01:00"`,
			"id", `"a"`), true},
		"without a time": {with("id", `"a"`, "camera_id", `"c"`, "data", `{"a":1}`), true},
		"another type": {with("id", `"a"`, "type", `"face_matched"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`,
			"data", `{"a":1}`), false},
		"another source": {with("id", `"a"`, "source", `"x"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`,
			"data", `{"a":1}`), false},
		"another time":    {with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15.000001Z"`, "camera_id", `"c"`, "data", `{"a":1}`), false},
		"another camera":  {with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"d"`, "data", `{"a":1}`), false},
		"no camera":       {with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15Z"`, "data", `{"a":1}`), false},
		"other data":      {with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`, "data", `{"a":1.5}`), false},
		"another form":    {with("id", `"a"`, "timestamp", `"2026-03-19T10:32:15Z"`, "camera_id", `"c"`, "data", `{"a":1.0}`), true},
		"stamped, others": {with("id", `"a"`, "camera_id", `"c"`, "data", `{"a":2}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := acceptOne(t, base), acceptOne(t, tc.body)
			if a.SameContent(b) != tc.same || b.SameContent(a) != tc.same {
				t.Errorf("SameContent is %t and %t, want %t", a.SameContent(b), b.SameContent(a), tc.same)
			}
		})
	}
}

// TestSameContentOfData lists ways to write the same data, and data that looks
// alike and is not the same.
func TestSameContentOfData(t *testing.T) {
	fullrun.Only(t)
	exponent := strings.Repeat("9", 100)
	groups := [][]string{
		// The texts of a line have the same content; texts of different lines
		// differ.
		{`{"a":1,"b":{"c":[1,2],"d":null}}`, `{"b":{"d":null,"c":[1,2]},"a":1}`, "{ \"b\" : {\"c\":[1.0,2e0],\n\"d\":null}, \"a\":10e-1}"},
		{`{"a":1,"b":{"c":[2,1],"d":null}}`},
		{`{"a":1,"b":{"c":[1,2]}}`},
		{`{"n":"\u0053\u00f8ren"}`, `{"n":"Søren"}`, `{"\u006e":"S\u00F8ren"}`},
		{`{"n":"Soren"}`},
		{"{\"n\":\"So\u0308ren\"}", `{"n":"So\u0308ren"}`}, // not normalised: RFC 8785, 3.1
		{"{\"n\":\"S\u00f6ren\"}"},
		{`{"s":"a/b\n\"\\"}`, `{"s":"a\/b\u000a\u0022\u005c"}`},
		{`{"s":"\ud83d\ude00"}`, `{"s":"😀"}`, `{"s":"\uD83D\uDE00"}`},
		{`{"s":"1e2"}`},
		{`{"s":"100"}`},
		{`{"n":100}`, `{"n":1e2}`, `{"n":1E+2}`, `{"n":100.00}`, `{"n":0.1e3}`, `{"n":1000000e-4}`},
		{`{"n":-100}`, `{"n":-1e2}`},
		{`{"n":0}`, `{"n":-0}`, `{"n":0.000}`, `{"n":-0e9}`, `{"n":0e` + exponent + `}`},
		{`{"n":9007199254740992}`, `{"n":9007199254740992.0}`, `{"n":9.007199254740992e15}`},
		{`{"n":9007199254740993}`, `{"n":9007199254740993.000}`, `{"n":9007199254740.993e3}`},
		{`{"n":18446744073709551616}`, `{"n":18446744073709551616.0}`},
		{`{"n":18446744073709551617}`},
		{`{"n":0.1}`, `{"n":0.10}`, `{"n":1e-1}`},
		{`{"n":0.1000000000000000055511151231257827}`},
		{`{"n":1e400}`, `{"n":10e399}`},
		{`{"n":1e401}`},
		{`{"n":1e` + exponent + `}`, `{"n":0.1e1` + strings.Repeat("0", 100) + `}`, `{"n":1.0e+` + exponent + `}`},
		{`{"n":1e-` + exponent + `}`, `{"n":10e-1` + strings.Repeat("0", 100) + `}`},
		{`{"n":12e` + exponent + `}`, `{"n":0.12e1` + strings.Repeat("0", 99) + `1}`},
		{`{}`, `{ }`},
		{`{"":[]}`, `{"":[ ]}`},
	}
	for i, group := range groups {
		for _, one := range group {
			for k, others := range groups {
				for _, other := range others {
					if a, b := acceptOne(t, with("data", one)), acceptOne(t, with("data", other)); a.SameContent(b) != (i == k) {
						t.Errorf("of %.80s and %.80s SameContent says %t", one, other, i != k)
					}
				}
			}
		}
	}
}

// FuzzSameContent formats data in other ways, which must compare as the same.
func FuzzSameContent(f *testing.F) {
	for _, data := range []string{`{"b":1.50,"a":"\u00e9","c":[{"z":-0,"y":1e3}]}`, `{"n":9007199254740993}`, reference} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		value := jsontext.Value(data)
		if value.Kind() != '{' || !value.IsValid() || len(data) > 10_000 {
			return
		}
		a := &event.Event{Data: data}
		for name, options := range map[string][]jsontext.Options{
			"sorted":   {jsontext.ReorderRawObjects(true)},
			"escaped":  {jsontext.EscapeForJS(true), jsontext.EscapeForHTML(true)},
			"indented": {jsontext.WithIndent("\t"), jsontext.ReorderRawObjects(true)},
		} {
			other := value.Clone()
			if err := other.Format(options...); err != nil {
				t.Fatal(err)
			}
			if b := (&event.Event{Data: other}); !a.SameContent(b) || !b.SameContent(a) {
				t.Errorf("%s: %q and %q are said to differ", name, data, other)
			}
		}
	})
}
