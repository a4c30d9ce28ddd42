package event_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"postern/internal/event"
)

func TestDecodeRefusesWhatIsNoEvent(t *testing.T) {
	for body, words := range map[string][]string{
		"":         {"empty"},
		" \r\n\t ": {"empty"},
		"[]":       {"array is empty"},
		"[ \n]":    {"array is empty"},
		"null":     {"neither an object nor an array"},
		"true":     {"neither an object nor an array"},
		"12":       {"neither an object nor an array"},
		`"text"`:   {"neither an object nor an array"},
	} {
		contains(t, refuse(t, body).Detail, words...)
	}
}

func TestDecodeRefusesWrongTypesOfValues(t *testing.T) {
	for field, wrong := range map[string][]string{
		"id":        {"null", "true", "12", "[]", "{}"},
		"type":      {"null", "false", "12", "[]", "{}"},
		"timestamp": {"null", "true", "1773916335", "[]", "{}"},
		"source":    {"null", "true", "12", "[]", "{}"},
		"camera_id": {"true", "12", "[]", "{}"},
		"data":      {"null", "true", "12", `"{}"`, "[]"},
	} {
		for _, value := range wrong {
			words := map[byte]string{'n': "null", 't': "a boolean", 'f': "a boolean", '1': "a number", '"': "a string", '[': "an array", '{': "an object"}
			must := "must be a string"
			if field == "data" {
				must = "must be an object"
			}
			contains(t, message(t, refuse(t, with(field, value)), field), "is "+words[value[0]], must)
		}
	}
}

func TestDecodeRefusesWhatIsMissing(t *testing.T) {
	invalid := refuse(t, "{}")
	contains(t, message(t, invalid, "type"), "required", "face_detected", "system_error")
	contains(t, message(t, invalid, "source"), "required")
	contains(t, invalid.Detail, "type: is required", "And 1 more.")
}

func TestDecodeNamesTheTenTypesForAnUnknownOne(t *testing.T) {
	for _, name := range []string{"face_detect", "Face_detected", "", "*", " face_detected"} {
		invalid := refuse(t, with("type", fmt.Sprintf("%q", name)))
		for _, in := range event.Catalogue() {
			contains(t, invalid.Detail, in.Name)
			contains(t, message(t, invalid, "type"), in.Name)
		}
		contains(t, invalid.Detail, fmt.Sprintf("unknown event type %q", name))
	}
}

func TestDecodeRefusesUnknownFieldsByName(t *testing.T) {
	for _, name := range []string{"Type", "cameraId", "camera", "", "a.b", "[3]", "[0].type"} {
		invalid := refuse(t, with(name, "1"))
		contains(t, message(t, invalid, name), "is not a field of an event", "camera_id")
		if len(invalid.Fields) != 1 {
			t.Errorf("%q gave %+v", name, invalid.Fields)
		}
	}
}

func TestDecodeShortensALongUnknownName(t *testing.T) {
	invalid := refuse(t, with(strings.Repeat("é", 500), "1"))
	if n := len(invalid.Fields[0].Field); n > 70 {
		t.Errorf("the refusal repeats %d bytes of the name", n)
	}
}

func TestDecodeRefusesBadNames(t *testing.T) {
	for _, field := range []string{"source", "camera_id"} {
		for _, value := range []string{`""`, `"a\nb"`, `"\u0000"`, `"\u007f"`, `"\u0085"`, `"` + strings.Repeat("é", event.MaxNameLength+1) + `"`} {
			contains(t, message(t, refuse(t, with(field, value)), field), "1 to 128 characters", "control")
		}
	}
}

func TestDecodeRefusesBadIDs(t *testing.T) {
	for _, id := range []string{"", "a b", "é", "a/b", ".", "..", "a\n", strings.Repeat("a", event.MaxIDLength+1)} {
		contains(t, message(t, refuse(t, with("id", fmt.Sprintf("%q", id))), "id"), "1 to 128", ". or ..")
	}
	for _, id := range []string{"recent", "webhooks", "alerts"} {
		contains(t, message(t, refuse(t, with("id", fmt.Sprintf("%q", id))), "id"), id, "choose another")
	}
}

func TestDecodeSaysWhichEventIsWrong(t *testing.T) {
	good, bad := with(), with("type", `"nope"`)
	for name, tc := range map[string]struct{ body, field string }{
		"one event has no index":         {bad, "type"},
		"first of an array":              {"[" + bad + "]", "[0].type"},
		"third of an array":              {"[" + good + "," + good + "," + bad + "," + good + "]", "[2].type"},
		"first line":                     {bad + "\n" + good, "[0].type"},
		"third line":                     {good + "\n" + good + "\n\n" + bad, "[2].type"},
		"an array's member is no object": {"[" + good + ",[]]", "[1]"},
		"a line is no object":            {good + "\n12\n", "[1]"},
		"a bracket in a field's name":    {with("[x", "1") + "\n" + good, "[0].[x"},
	} {
		t.Run(name, func(t *testing.T) {
			invalid := refuse(t, tc.body)
			if len(invalid.Fields) != 1 || invalid.Fields[0].Field != tc.field {
				t.Errorf("the refusal names %+v, want %s alone", invalid.Fields, tc.field)
			}
			contains(t, invalid.Detail, tc.field+": ")
			if said := strings.Contains(invalid.Detail, "Nothing of the request was accepted."); said != (tc.field != "type") {
				t.Errorf("detail: %q", invalid.Detail)
			}
		})
	}
}

func TestDecodeSaysWhatIsWrongInEveryEventButNotForever(t *testing.T) {
	invalid := refuse(t, "["+strings.TrimSuffix(strings.Repeat("{},", 100), ",")+"]")
	if len(invalid.Fields) != 20 {
		t.Errorf("the refusal has %d fields, want the first 20", len(invalid.Fields))
	}
	if first, last := invalid.Fields[0].Field, invalid.Fields[19].Field; first != "[0].type" || last != "[9].source" {
		t.Errorf("the fields go from %s to %s", first, last)
	}
	contains(t, invalid.Detail, "And 199 more.")
}

func TestDecodeSaysWhereTheJSONIsBroken(t *testing.T) {
	for name, tc := range map[string]struct {
		body  string
		where string
		words []string
	}{
		"bad UTF-8 in a string":     {"{\"type\":\"face_detected\",\"source\":\"a\xffb\"}", "at byte 35", []string{"UTF-8"}},
		"bad UTF-8 in data":         {"{\"data\":{\"k\":\"\xc3(\"}}", "at byte 14", []string{"UTF-8"}},
		"bad UTF-8 in a name":       {"{\"\xa0\":1}", "at byte 2", []string{"UTF-8"}},
		"half a surrogate pair":     {`{"source":"\ud800"}`, "at byte 11", []string{"surrogate"}},
		"a field twice":             {`{"type":"face_detected","type":"face_detected"}`, "at byte 24", []string{"duplicate"}},
		"a name twice within data":  {`{"data":{"a":1,"b":{"c":1,"\u0063":2}}}`, "at byte 26", []string{"duplicate"}},
		"a comma between lines":     {with() + "," + with(), "at byte 40", []string{"','"}},
		"a trailing comma":          {"[" + with() + ",]", "at byte 41", []string{"','"}},
		"something after an object": {with() + " x", "at byte 41", []string{"'x'"}},
		"a bracket after an object": {with() + "]", "at byte 40", []string{"']'"}},
		"something after an array":  {"[" + with() + "] x", "at byte 42", []string{"after the array's end"}},
		"an object after an array":  {"[" + with() + "]\n" + with(), "", []string{"after the array's end"}},
		"an array after an array":   {"[" + with() + "]\n[" + with() + "]", "", []string{"after the array's end"}},
		"a control character":       {"{\"source\":\"a\nb\"}", "at byte 12", nil},
		"single quotes":             {"{'type':1}", "at byte 1", nil},
		"a comment":                 {"{/**/}", "at byte 1", nil},
		"no number":                 {`{"data":{"a":NaN}}`, "at byte 13", nil},
		"a leading zero":            {`{"data":{"a":01}}`, "at byte 14", nil},
		"a byte order mark":         {"\ufeff" + with(), "at byte 0", nil},
	} {
		t.Run(name, func(t *testing.T) {
			invalid := refuse(t, tc.body)
			contains(t, invalid.Detail, append(tc.words, tc.where)...)
			if strings.Contains(invalid.Detail, "jsontext") {
				t.Errorf("the detail is not for people: %q", invalid.Detail)
			}
		})
	}
}

func TestDecodeRefusesABodyThatWasCutShort(t *testing.T) {
	for _, body := range []string{reference, "[" + reference + "," + with() + "]"} {
		for n := 1; n < len(body); n++ {
			invalid := refuse(t, body[:n])
			if !strings.Contains(invalid.Detail, "it ends in the middle") {
				t.Fatalf("cut after %d bytes: %q", n, invalid.Detail)
			}
		}
	}
}

func TestDecodeSurvivesDeepNesting(t *testing.T) {
	for _, deep := range []string{
		strings.Repeat("[", 1<<20),
		strings.Repeat(`{"a":`, 1<<20),
		with("data", strings.Repeat(`{"a":`, 20_000)+"1"+strings.Repeat("}", 20_000)),
		with("data", `{"a":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+"}"),
	} {
		contains(t, refuse(t, deep).Detail, "depth")
	}
}

func TestUnknownTypesErrorCanBeTold(t *testing.T) {
	_, err := event.ParseType("nope")
	if !errors.Is(err, event.ErrUnknownType) {
		t.Errorf("%v doesn't wrap ErrUnknownType", err)
	}
}
