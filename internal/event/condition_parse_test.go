package event_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/event"
)

func TestConditionsAreTakenAsCompactJSON(t *testing.T) {
	for given, want := range map[string]string{
		`{"a":1}`: `{"a":1}`,
		` { "a" : { ">=" : 0.90 } , "b":"x y" } `: `{"a":{">=":0.90},"b":"x y"}`,
		`{"a":{"=":1}}`:                            `{"a":{"=":1}}`,
		`{"a":{"!=":null}}`:                        `{"a":{"!=":null}}`,
		`{"a":{">":1,"<":2,"!=":1.5}}`:             `{"a":{">":1,"<":2,"!=":1.5}}`,
		`{"a":{">=":"a","<=":"b"}}`:                `{"a":{">=":"a","<=":"b"}}`,
		`{"a":{"in":[1,"b",true,null]}}`:           `{"a":{"in":[1,"b",true,null]}}`,
		`{"a":{"exists":true},"b":false,"c":null}`: `{"a":{"exists":true},"b":false,"c":null}`,
		`{"a.b.c":1,"a.b.d":{"exists":false}}`:     `{"a.b.c":1,"a.b.d":{"exists":false}}`,
		`{"\u0061":"\u00e9","é 😀":1e300}`:          `{"\u0061":"\u00e9","é 😀":1e300}`,
		`{"a b/c\"\\":-0.0}`:                       `{"a b/c\"\\":-0.0}`,
		`{"a":12345678901234567890123}`:            `{"a":12345678901234567890123}`,
	} {
		c := conditions(t, given)
		if c.Empty() || c.String() != want {
			t.Errorf("%s became %q, empty %t; want %q", given, c.String(), c.Empty(), want)
		}
	}
}

func TestNoConditions(t *testing.T) {
	e := acceptOne(t, with())
	for _, text := range []string{"null", "{}", " { } ", "\tnull\n"} {
		c := conditions(t, text)
		if !c.Empty() || c.String() != "" || !c.Match(e.Data) {
			t.Errorf("%q: empty %t, text %q, matches %t", text, c.Empty(), c.String(), c.Match(e.Data))
		}
	}
	var zero event.Conditions
	if !zero.Empty() || zero.String() != "" || !zero.Match(e.Data) {
		t.Error("the zero conditions don't let everything through")
	}
}

func TestConditionsAreRefusedWithAReason(t *testing.T) {
	const operators = "the operators are = != > >= < <= in exists"
	for text, words := range map[string][]string{
		// no object at all
		``: {"must be an object such as"}, ` `: {"must be an object"}, `[]`: {"must be an object"}, `"a"`: {"must be an object"},
		`1`: {"must be an object"}, `true`: {"must be an object"}, `]`: {"must be an object"},
		// no JSON
		`nope`: {"is not valid JSON", "column 2"}, `nul`: {"is not valid JSON", "ends in the middle"}, `{`: {"ends in the middle"},
		`{"a"`:   {"ends in the middle"},
		`{"a":1`: {"ends in the middle"}, `{"a":1,}`: {"is not valid JSON at column 7"}, `{a:1}`: {"is not valid JSON at column 2"},
		`{"a":{">":}}`: {"is not valid JSON"}, `{"a":01}`: {"is not valid JSON"}, "{\"a\":\"\xff\"}": {"is not valid JSON", "UTF-8"},
		`{"a":1,"a":2}`: {"is not valid JSON at column 8", "twice"}, `{"a":{">":1,">":2}}`: {"twice"}, `{"a":1,"\u0061":2}`: {"twice"},
		`{"a":1]`: {"is not valid JSON"},
		// something else behind it
		`{"a":1} x`: {"after its end"}, `{"a":1}{}`: {"after its end"}, `null null`: {"after its end"}, `null "a" 1`: {"after its end"},
		`{}1`: {"after its end"}, `{"a":1}}`: {"after its end"},
		// names
		`{"":1}`: {`""`, "face.quality"}, `{".":1}`: {"name a field of data"}, `{".a":1}`: {`".a"`}, `{"a.":1}`: {`"a."`},
		`{"a..b":1}`: {`"a..b"`},
		// values
		`{"a":[1]}`:        {"The field a can't be compared with an array", "use a text, a number, true, false or null"},
		`{"a.b":{"=":{}}}`: {"The field a.b ", "an object"},
		`{"a":{"!=":[]}}`:  {"an array"}, `{"a":1e999}`: {"The field a has a number that is too large"}, `{"a":{"<":-1e999}}`: {"too large"},
		`{"a":{"in":[1,1e999]}}`: {"too large"},
		// operators
		`{"a":{}}`: {"The field a has no operator", operators}, `{"a":{"==":1}}`: {`a: "==" is not an operator`, operators},
		`{"a":{"b":1}}`: {`"b" is not an operator`}, `{"a":{"":1}}`: {`"" is not an operator`},
		`{"a":{">":1,"IN":[1]}}`: {`"IN" is not an operator`},
		`{"a":{">":true}}`:       {`">" compares with a number or a text, not with a boolean`}, `{"a":{"<=":null}}`: {`"<="`, "not with null"},
		`{"a":{">=":[1]}}`: {"can't be compared with an array"},
		`{"a":{"in":1}}`:   {`"in" takes an array`}, `{"a":{"in":{}}}`: {`"in" takes an array`},
		`{"a":{"in":[]}}`: {`"in" takes 1 to 100 values`}, `{"a":{"in":[[1]]}}`: {"can't be compared with an array"},
		`{"a":{"exists":1}}`: {`"exists" is true or false`}, `{"a":{"exists":null}}`: {`"exists" is true or false`},
		`{"a":{"exists":"true"}}`: {`"exists" is true or false`},
	} {
		c, err := event.ParseConditions([]byte(text))
		if err == nil {
			t.Errorf("%s was taken", text)
			continue
		}
		contains(t, err.Error(), words...)
		if !c.Empty() || c.String() != "" {
			t.Errorf("%s was refused, but leaves %+v", text, c)
		}
		for _, word := range []string{"jsontext", "EOF", "\n"} {
			if strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q isn't for people", text, err)
			}
		}
		if !strings.HasPrefix(err.Error(), "The ") || !strings.HasSuffix(err.Error(), ".") || !utf8.ValidString(err.Error()) {
			t.Errorf("%s: %q isn't a whole sentence", text, err)
		}
	}
}

func TestConditionsHaveLimits(t *testing.T) {
	fields := func(n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(`"f%d":{">":1,"<":9}`, i))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	values := func(n int) string { return `{"a":{"in":[` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]}}` }
	name := func(n int) string { return `{"` + strings.Repeat("n", n) + `":1}` }
	text := func(s string) string { return `{"a":"` + s + `"}` }
	for what, tc := range map[string]struct{ most, over, words string }{
		"fields":         {fields(event.MaxConditions), fields(event.MaxConditions + 1), "has more than 20 fields"},
		"a field's name": {name(128), name(129), "has a field name"},
		"values of in":   {values(100), values(101), `a: "in" takes 1 to 100 values`},
		"a text":         {text(strings.Repeat("x", 256)), text(strings.Repeat("x", 257)), "The field a has a text longer than 256 bytes"},
		"a wide text":    {text(strings.Repeat("é", 128)), text(strings.Repeat("é", 129)), "longer than 256 bytes"},
		// How a text is written doesn't count.
		"an escaped text": {text(strings.Repeat(`\u0041`, 256)), text(strings.Repeat(`\u0041`, 257)), "longer than 256 bytes"},
		"a text within in": {`{"a":{"in":["` + strings.Repeat("x", 256) + `"]}}`, `{"a":{"in":["` + strings.Repeat("x", 257) + `"]}}`,
			"longer than 256 bytes"},
	} {
		conditions(t, tc.most)
		_, err := event.ParseConditions([]byte(tc.over))
		if err == nil {
			t.Errorf("%s: more than the limit was taken", what)
			continue
		}
		contains(t, err.Error(), tc.words)
		if len(err.Error()) > 250 {
			t.Errorf("%s: the refusal is %d bytes long", what, len(err.Error()))
		}
	}
}

func TestConditionsDontAliasWhatTheyWereReadFrom(t *testing.T) {
	text := []byte(`{"a":{"in":["bcd",1]},"e.f":"ghi"}`)
	c, err := event.ParseConditions(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		text[i] = '!'
	}
	if !c.Match([]byte(`{"a":"bcd","e":{"f":"ghi"}}`)) || strings.Contains(c.String(), "!") {
		t.Errorf("a change to the text went into the conditions: %s", c)
	}
}
