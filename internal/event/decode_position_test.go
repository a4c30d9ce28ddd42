package event_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/problem"
)

// at is the position of an error in a refusal.
type at struct {
	index, line int
	field       string
}

// places lists the positions of a refusal's errors, and checks the rules that
// hold for every refusal.
func places(t testing.TB, invalid *problem.Error) []at {
	t.Helper()
	var all []at
	for _, f := range invalid.Fields {
		if f.Index == nil || f.Line < 1 {
			t.Fatalf("an error names no event: %+v", f)
		}
		if first := f.Message[:1]; first != strings.ToUpper(first) || !strings.HasSuffix(f.Message, ".") || !utf8.ValidString(f.Message) ||
			strings.Contains(f.Message, "jsontext") {
			t.Errorf("not a sentence: %q", f.Message)
		}
		all = append(all, at{*f.Index, f.Line, f.Field})
	}
	return all
}

// Each of these breaks the JSON of one event that is otherwise good.
var broken = map[string]struct{ event, field, says string }{
	"NaN":                         {with("data", `{"score":NaN}`), "data.score", "NaN is not a number"},
	"minus infinity":              {with("data", `{"score":-Infinity}`), "data.score", "digit after its minus"},
	"nested NaN":                  {with("data", `{"faces":[{"box":[1,2]},{"box":[1,NaN]}]}`), "data.faces[1].box[1]", "NaN"},
	"Python's None":               {with("data", `{"a":None}`), "data.a", "null"},
	"Python's True":               {with("data", `{"a":True}`), "data.a", "true"},
	"a trailing comma":            {with("data", `{"a":1,}`), "data", "a comma has nothing after it"},
	"a trailing comma in a list":  {with("data", `{"a":[1,]}`), "data.a", "a comma has nothing after it"},
	"a trailing comma at the end": {strings.TrimSuffix(with(), "}") + ",}", "", "a comma has nothing after it"},
	"single quotes":               {with("data", `{'a':1}`), "data", "double quotes"},
	"a text in single quotes":     {with("data", `{"a":'b'}`), "data.a", "double quotes"},
	"typographic quotes":          {with("data", `{“a”:1}`), "data", "double quotes"},
	"a name without quotes":       {with("data", `{a:1}`), "data", "double quotes"},
	"a name without quotes first": {`{type:"face_detected"}`, "", "double quotes"},
	"a comment":                   {with("data", `{/*x*/"a":1}`), "data", "comments"},
	"a missing comma":             {with("data", `{"a":1 "b":2}`), "data", "comma is missing"},
	"a missing colon":             {with("data", `{"a" 1}`), "data.a", "colon is missing"},
	"a missing value":             {with("data", `{"a":}`), "data.a", "'}'"},
	"a leading zero":              {with("data", `{"a":01}`), "data", "begin with 0"},
	"a plus":                      {with("data", `{"a":+1}`), "data.a", "begins with a digit"},
	"no digit before a dot":       {with("data", `{"a":.5}`), "data.a", "begins with a digit"},
	"no digit after a dot":        {with("data", `{"a":1.}`), "data.a", "digit"},
	"a name twice":                {with("data", `{"a":1,"a":2}`), "data.a", `the name "a" is there twice`},
	"a name twice, escaped":       {with("data", `{"b":{"c":1,"\u0063":2}}`), "data.b.c", `the name "c" is there twice`},
	"an event's own name twice":   {`{"type":"face_detected","source":"a","type":"face_detected"}`, "type", `the name "type" is there twice`},
	"bytes that aren't UTF-8":     {with("data", "{\"a\":\"M\xfcller\"}"), "data.a", "0xFC is not UTF-8"},
	"half a character":            {with("data", "{\"a\":\"\xc3(\"}"), "data.a", "0xC3 is not UTF-8"},
	"a name that isn't UTF-8":     {with("data", "{\"a\xff\":1}"), "data", "0xFF is not UTF-8"},
	"a source that isn't UTF-8":   {with("source", "\"caf\xe9\""), "source", "0xE9 is not UTF-8"},
	"half a surrogate pair":       {with("data", `{"a":"\ud83d"}`), "data.a", `\ud83d is half of a surrogate pair`},
	"the other half":              {with("source", `"\ude00"`), "source", `\ude00 is half of a surrogate pair`},
	"an unknown escape":           {with("data", `{"path":"C:\dir"}`), "data.path", "backslash"},
	"a control character":         {with("source", "\"a\tb\""), "source", "U+0009"},
	"a byte-order mark inside":    {with("data", "\ufeff{}"), "data", "byte-order mark"},
	"a bracket too many":          {with() + "]", "", "']'"},
	"a wrong bracket":             {with("data", `{"a":[1}`), "data.a", ""},
	"too deep":                    {with("data", strings.Repeat(`{"a":`, 20_000)+"1"+strings.Repeat("}", 20_000)), "", "depth"},
}

func TestDecode_brokenEventIsNamedWhereverItIs(t *testing.T) {
	fullrun.Only(t)
	good := with()
	for name, tc := range broken {
		t.Run(name, func(t *testing.T) {
			lines := slices.Repeat([]string{good}, 9)
			for _, index := range []int{0, 4, 8} {
				lines[index] = tc.event
				index := index
				for form, body := range map[string]struct {
					text string
					line int
				}{
					"lines":             {strings.Join(lines, "\n") + "\n", index + 1},
					"lines with CRLF":   {strings.Join(lines, "\r\n"), index + 1},
					"lines after a BOM": {"\ufeff" + strings.Join(lines, "\n"), index + 1},
					"blank lines too":   {"\n\n" + strings.Join(lines, "\n\n"), 2*index + 3},
					"array":             {"[" + strings.Join(lines, ",") + "]", 1},
					"array of lines":    {"[\n" + strings.Join(lines, ",\n") + "\n]", index + 2},
				} {
					invalid := refuse(t, body.text)
					got, want := places(t, invalid), []at{{index, body.line, tc.field}}
					switch name {
					case "a bracket too many": // the event is whole; the next one can't begin
						if want[0].index++; strings.HasPrefix(form, "array") {
							continue // the array ends there
						}
					case "too deep":
						got[0].field = ""
					}
					if !slices.Equal(got, want) {
						t.Errorf("%s: the refusal names %v, want %v", form, got, want)
					}
					contains(t, invalid.Fields[0].Message, tc.says)
					contains(t, invalid.Detail, invalid.Fields[0].Message)
					if index > 0 {
						contains(t, invalid.Detail, fmt.Sprintf("Event [%d], line %d", want[0].index, body.line), "Nothing of the request was accepted.")
					}
				}
				lines[index] = good
			}
		})
	}
}

func TestDecode_refusalIsPreciseWithinALine(t *testing.T) {
	invalid := refuse(t, with()+"\n"+`{"source":"tür","data":{"a":NaN}}`)
	contains(t, invalid.Fields[0].Message, "at column 29:") // characters, not bytes
}

func TestDecode_truncatedEventIsNamedWhereverItIs(t *testing.T) {
	// A killed producer leaves half a line and continues after it. The reader
	// may read the next lines as the rest of that line.
	whole := reference
	for n := 1; n < len(whole); n++ {
		for index := range 5 {
			lines := slices.Repeat([]string{with("data", `{"n":[1,2]}`)}, 5)
			lines[index] = whole[:n]
			invalid := refuse(t, strings.Join(lines, "\n"))
			got := places(t, invalid)
			if len(got) != 1 || got[0].index != index || got[0].line != index+1 {
				t.Fatalf("cut after %d bytes (%s), line %d: the refusal names %v: %s", n, whole[:n], index+1, got, invalid.Detail)
			}
		}
		for form, body := range map[string]string{"one": whole[:n], "array": "[\n" + with() + ",\n" + whole[:n],
			"lines": with() + "\n" + whole[:n] + "\n"} {
			invalid := refuse(t, body)
			got := places(t, invalid)
			if want := strings.Count(strings.TrimSpace(body), "\n"); len(got) != 1 || got[0].line != want+1 {
				t.Fatalf("%s, cut after %d bytes: the refusal names %v, want line %d", form, n, got, want+1)
			}
			if form != "lines" { // in other forms a line break is inside a text or a number
				contains(t, invalid.Detail, "ends in the middle of a value")
			}
		}
	}
	if got := places(t, refuse(t, with()+"\n"+with("data", `{"faces":[{"label":"A`))); !slices.Equal(got,
		[]at{{1, 2, "data.faces[0].label"}}) {
		t.Errorf("the refusal names %v", got)
	}
	// An array that isn't closed lacks its next event.
	if got := places(t, refuse(t, "["+with()+",\n"+with()+"\n")); !slices.Equal(got, []at{{2, 2, ""}}) {
		t.Errorf("the refusal names %v", got)
	}
}

func TestDecode_commaBetweenLinesIsNamed(t *testing.T) {
	invalid := refuse(t, with()+",\n"+with())
	if got := places(t, invalid); !slices.Equal(got, []at{{1, 1, ""}}) {
		t.Errorf("the refusal names %v", got)
	}
	contains(t, invalid.Detail, "A comma separates two events", "array")
}

func TestDecode_wrongFieldsAreNamedWhereverTheyAre(t *testing.T) {
	fullrun.Only(t)
	good, bad := with(), with("type", `"nope"`)
	for name, tc := range map[string]struct {
		body string
		want []at
	}{
		"one event":                         {bad, []at{{0, 1, "type"}}},
		"one over lines":                    {"{\n  \"type\": \"nope\",\n  \"source\": 1\n}", []at{{0, 2, "type"}, {0, 3, "source"}}},
		"missing is where the event begins": {"\n{\n\"camera_id\": 1\n}", []at{{0, 3, "camera_id"}, {0, 2, "type"}, {0, 2, "source"}}},
		"first of an array":                 {"[" + bad + "]", []at{{0, 1, "type"}}},
		"third of an array":                 {"[" + good + "," + good + "," + bad + "," + good + "]", []at{{2, 1, "type"}}},
		"an array over lines":               {"[" + good + ",\n" + bad + "\n, " + good + ",\n" + bad + "]", []at{{1, 2, "type"}, {3, 4, "type"}}},
		"first line":                        {bad + "\n" + good, []at{{0, 1, "type"}}},
		"third event":                       {good + "\n" + good + "\n\n" + bad, []at{{2, 4, "type"}}},
		"several lines": {bad + "\n" + good + "\n" + with("source", "1", "type", "2"),
			[]at{{0, 1, "type"}, {2, 3, "type"}, {2, 3, "source"}}},
		"no object in an array": {"[" + good + ",\n[]]", []at{{1, 2, ""}}},
		"no object on a line":   {good + "\n12\n" + bad, []at{{1, 2, ""}, {2, 3, "type"}}},
		"a bracket in a name":   {with("[x", "1") + "\n" + good, []at{{0, 1, "[x"}}},
		"then broken JSON":      {bad + "\n" + good + "\n" + "{nope\n" + bad, []at{{0, 1, "type"}, {2, 3, ""}}},
		"after the array":       {"[" + good + "]\n\n" + good, []at{{1, 3, ""}}},
		"a timestamp":           {good + "\n" + with("timestamp", `"2026-03-19T10:32:15"`), []at{{1, 2, "timestamp"}}},
		"an id":                 {good + "\n" + with("id", `"a b"`), []at{{1, 2, "id"}}},
		"a camera":              {good + "\n" + with("camera_id", `""`), []at{{1, 2, "camera_id"}}},
		"data":                  {good + "\n" + with("data", `[]`), []at{{1, 2, "data"}}},
		"data that is too deep": {good + "\n" + with("data", strings.Repeat(`{"a":`, 101)+"1"+strings.Repeat("}", 101)),
			[]at{{1, 2, "data"}}},
		"an event too large": {bad + "\n" + sized(t, event.MaxEventBytes+1) + "\n" + bad,
			[]at{{0, 1, "type"}, {1, 2, ""}, {2, 3, "type"}}},
		"an event too many": {strings.Repeat(good+"\n", event.MaxBatchEvents+1),
			[]at{{event.MaxBatchEvents, event.MaxBatchEvents + 1, ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			invalid := refuse(t, tc.body)
			if got := places(t, invalid); !slices.Equal(got, tc.want) {
				t.Errorf("the refusal names %v, want %v", got, tc.want)
			}
			if n := len(tc.want); n > 1 {
				contains(t, invalid.Detail, fmt.Sprintf("And %d more.", n-1))
			}
		})
	}
}

func TestDecode_refusalSaysALotButNotEverything(t *testing.T) {
	invalid := refuse(t, "["+strings.TrimSuffix(strings.Repeat("{},", 200), ",")+"]")
	got := places(t, invalid)
	if len(got) != 100 || got[0] != (at{0, 1, "type"}) || got[99] != (at{49, 1, "source"}) {
		t.Errorf("the refusal has %d errors, from %v to %v", len(got), got[0], got[len(got)-1])
	}
	contains(t, invalid.Detail, "And 399 more.")
	// The error that ends the reading is reported even after many other errors.
	got = places(t, refuse(t, strings.Repeat("{}\n", 200)+"NaN"))
	if last := got[len(got)-1]; last != (at{200, 201, ""}) {
		t.Errorf("the last error is at %v", last)
	}
	// A refusal shortens a long path.
	invalid = refuse(t, with("data", `{"`+strings.Repeat("é", 10_000)+`":{"a":NaN}}`))
	if n := len(invalid.Fields[0].Field); n > 200 {
		t.Errorf("the field's path has %d bytes", n)
	}
	places(t, invalid)
}

func TestLocate(t *testing.T) {
	for name, body := range map[string]string{
		"lines": with() + "\n" + with() + "\n\n" + with(), "array": "\ufeff[" + with() + ",\n" + with() + ",\n\n" + with() + "]",
	} {
		first, last, none := 0, 2, 3
		fields := []problem.Field{{Index: &last}, {Index: &first}, {Index: &none}, {Field: "x"}, {Index: &last}}
		event.Locate([]byte(body), fields)
		var lines []int
		for _, f := range fields {
			lines = append(lines, f.Line)
		}
		if !slices.Equal(lines, []int{4, 1, 0, 0, 4}) {
			t.Errorf("%s: the lines are %v", name, lines)
		}
	}
}
