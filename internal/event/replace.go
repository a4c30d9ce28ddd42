package event

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// ReplaceText returns a copy of data in which replace has replaced the values of all
// members whose names match, at any depth. It changes no other byte. replace gets the
// text of a string, or the JSON of another value. Null and the empty string aren't
// replaced.
func (e *Event) ReplaceText(match func(name string) bool, replace func(name, text string) string) []byte {
	out := make([]byte, 0, len(e.Data)+64)
	dec := jsontext.NewDecoder(bytes.NewReader(e.Data))
	kept := 0 // the length of the part of data that is done
	for {
		token, err := dec.ReadToken()
		if err != nil { // its end: data was read by a strict decoder
			return append(out, e.Data[kept:]...)
		}
		kind, n := dec.StackIndex(dec.StackDepth())
		if kind != '{' || n%2 == 0 || token.Kind() != '"' {
			continue // not a member's name
		}
		name := token.String()
		if !match(name) {
			continue
		}
		after := int(dec.InputOffset()) // a colon, and no white space, follows
		value, err := dec.ReadValue()
		if err != nil {
			return append(out, e.Data[kept:]...)
		}
		field := Field{Name: name, Value: value}
		text := field.Text()
		if value.Kind() == 'n' || text == "" {
			continue
		}
		out = append(out, e.Data[kept:after+1]...)
		out = appendString(out, replace(name, text))
		kept = int(dec.InputOffset())
	}
}
