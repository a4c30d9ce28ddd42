package event_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"postern/internal/event"
)

func isLabel(name string) bool { return name == "label" || name == "identity_id" }

func inBrackets(name, text string) string { return "[" + name + ":" + text + "]" }

func TestReplaceTextChangesWhatIsPickedAndNoOtherByte(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ data, want string }{
		{`{}`, `{}`},
		{`{"label":"Zoë"}`, `{"label":"[label:Zoë]"}`},
		{`{"a":1.50,"label":"x","b":"\u00e9\/"}`, `{"a":1.50,"label":"[label:x]","b":"\u00e9\/"}`},
		// However the name or the value is written.
		{`{"l\u0061bel":"\u0041lice"}`, `{"l\u0061bel":"[label:Alice]"}`},
		{`{"label":"\"}{,:"}`, `{"label":"[label:\"}{,:]"}`},
		// A number that names somebody is its digits.
		{`{"identity_id":7,"x":7}`, `{"identity_id":"[identity_id:7]","x":7}`},
		{`{"identity_id":true}`, `{"identity_id":"[identity_id:true]"}`},
		// Nobody.
		{`{"identity_id":null,"label":""}`, `{"identity_id":null,"label":""}`},
		// At any depth, and not where it is a value.
		{`{"a":{"label":"x"},"b":[{"label":"y"},"label",["label","z"]],"c":"label"}`,
			`{"a":{"label":"[label:x]"},"b":[{"label":"[label:y]"},"label",["label","z"]],"c":"label"}`},
		{`{"label":{"label":"x"},"y":1}`, `{"label":"[label:{\"label\":\"x\"}]","y":1}`},
		{`{"label":["x"]}`, `{"label":"[label:[\"x\"]]"}`},
		{`{"Label":"x","labels":"y"}`, `{"Label":"x","labels":"y"}`},
	} {
		e := event.Event{Data: []byte(tc.data)}
		if got := string(e.ReplaceText(isLabel, inBrackets)); got != tc.want {
			t.Errorf("%s became %s, want %s", tc.data, got, tc.want)
		}
		if string(e.Data) != tc.data {
			t.Errorf("%s was changed to %s", tc.data, e.Data)
		}
	}
}

func FuzzReplaceText(f *testing.F) {
	f.Add([]byte(`{"label":"x","a":[{"identity_id":7}]}`))
	f.Add([]byte(`{"l\u0061bel":"\ud83d\ude00","b":{"label":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := event.Decode([]byte(with("data", string(data))), now)
		if err != nil || len(events) != 1 {
			t.Skip()
		}
		e := events[0]
		if same := e.ReplaceText(func(string) bool { return false }, inBrackets); string(same) != string(e.Data) {
			t.Fatalf("%s became %s", e.Data, same)
		}
		out := e.ReplaceText(isLabel, func(string, string) string { return "PSEUDONYM" })
		compareReplaced(t, readAny(t, e.Data), readAny(t, out))
	})
}

// readAny keeps numbers as they are written: JSON's may be larger than any
// that Go has.
func readAny(t *testing.T, text []byte) (v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// compareReplaced walks both as another reader of JSON sees them.
func compareReplaced(t *testing.T, before, after any) {
	switch was := before.(type) {
	case map[string]any:
		is, ok := after.(map[string]any)
		if !ok || len(is) != len(was) {
			t.Fatalf("%v became %v", before, after)
		}
		for name, value := range was {
			switch {
			case !isLabel(name):
				compareReplaced(t, value, is[name])
			case value == nil || value == "":
				if is[name] != value {
					t.Fatalf("%s: %v became %v", name, value, is[name])
				}
			case is[name] != "PSEUDONYM":
				t.Fatalf("%s: %v became %v", name, value, is[name])
			}
		}
	case []any:
		is, ok := after.([]any)
		if !ok || len(is) != len(was) {
			t.Fatalf("%v became %v", before, after)
		}
		for i := range was {
			compareReplaced(t, was[i], is[i])
		}
	default:
		if before != after {
			t.Fatalf("%v became %v", before, after)
		}
	}
}
