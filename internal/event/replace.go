package event

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// ReplaceText returns a copy of data in which the value of every member that
// match picks by its name, at any depth, has become the string that replace
// makes of its text. Nothing else changes, not a byte. The text of anything
// but a string is its JSON; null and the empty string stand for nobody and
// stay.
func (e *Event) ReplaceText(match func(name string) bool, replace func(name, text string) string) []byte {
	out := make([]byte, 0, len(e.Data)+64)
	dec := jsontext.NewDecoder(bytes.NewReader(e.Data))
	kept := 0 // how much of data has been dealt with
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
