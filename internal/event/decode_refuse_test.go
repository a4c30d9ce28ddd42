package event_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"postern/internal/event"
	"postern/internal/fullrun"
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
		"id":        {"true", "12", "[]", "{}"},
		"type":      {"false", "12", "[]", "{}"},
		"timestamp": {"true", "[]", "{}"},
		"source":    {"true", "12", "[]", "{}"},
		"camera_id": {"true", "12", "[]", "{}"},
		"data":      {"true", "12", `"{}"`, "[]"},
	} {
		for _, value := range wrong {
			words := map[byte]string{'t': "a boolean", 'f': "a boolean", '1': "a number", '"': "a string", '[': "an array", '{': "an object"}
			must := "must be a string"
			if field == "data" {
				must = "must be an object"
			}
			contains(t, message(t, refuse(t, with(field, value)), field), "This is "+words[value[0]], must)
		}
	}
}

func TestDecodeRefusesWhatIsMissing(t *testing.T) {
	for _, body := range []string{"{}", `{"type":null,"source":null}`} {
		invalid := refuse(t, body)
		contains(t, message(t, invalid, "type"), "The type is missing", "face_detected", "system_error")
		contains(t, message(t, invalid, "source"), "The source is missing")
		contains(t, invalid.Detail, "type: The type is missing", "And 1 more.")
	}
}

func TestDecodeNamesTheTenTypesForAnUnknownOne(t *testing.T) {
	for _, name := range []string{"face_detect", "Face_detected", "", "*", " face_detected"} {
		invalid := refuse(t, with("type", fmt.Sprintf("%q", name)))
		for _, in := range event.Catalogue() {
			contains(t, invalid.Detail, in.Name)
			contains(t, message(t, invalid, "type"), in.Name)
		}
		contains(t, invalid.Detail, fmt.Sprintf("There is no event type %q", name))
	}
}

func TestDecodeRefusesUnknownFieldsByName(t *testing.T) {
	for _, name := range []string{"Type", "cameraId", "camera", "", "a.b", "[3]", "[0].type"} {
		invalid := refuse(t, with(name, "1"))
		contains(t, message(t, invalid, name), fmt.Sprintf("An event has no field %q", name), "camera_id")
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
		for _, value := range []string{`""`, `"a\nb"`, `"\u0000"`, `"\u007f"`, `"\u0085"`,
			`"` + strings.Repeat("é", event.MaxNameLength+1) + `"`} {
			contains(t, message(t, refuse(t, with(field, value)), field), "1 to 128 characters", "control")
		}
	}
}

func TestDecodeRefusesBadIDs(t *testing.T) {
	for _, id := range []string{"", "a b", "é", "a/b", ".", "..", "a\n", strings.Repeat("a", event.MaxIDLength+1)} {
		contains(t, message(t, refuse(t, with("id", fmt.Sprintf("%q", id))), "id"), "1 to 128", ". or ..")
	}
	for _, id := range []string{"recent", "webhooks", "alerts"} {
		contains(t, message(t, refuse(t, with("id", fmt.Sprintf("%q", id))), "id"), id, "Choose another")
	}
}

func TestDecodeSurvivesDeepNesting(t *testing.T) {
	fullrun.Only(t)
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
