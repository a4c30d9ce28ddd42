package segment

import (
	"bytes"
	"unsafe"

	"postern/internal/event"
)

// eachText calls yield with each text that a search looks at in an event's data:
// the strings of its first level, and an identity_id that is a number. A text is
// valid during the call only.
func eachText(e *event.Event, yield func(text string)) {
	if bytes.IndexByte(e.Data, '\\') >= 0 {
		for _, f := range e.Fields() {
			if kind := f.Value.Kind(); kind == '"' || kind == '0' && f.Name == identityField {
				yield(f.Text())
			}
		}
		return
	}
	// Without escapes, a string is the bytes between two quotes.
	data := unsafe.String(unsafe.SliceData(e.Data), len(e.Data))
	var name string
	depth, named := 0, false // named: the next token is a member's value
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			length := bytes.IndexByte(e.Data[i+1:], '"')
			if length < 0 {
				return
			}
			if text := data[i+1 : i+1+length]; depth == 1 && named {
				yield(text)
			} else if depth == 1 {
				name = text
			}
			i += length + 1
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case depth == 1 && c == ':':
			named = true
		case depth == 1 && c == ',':
			named = false
		case depth == 1 && named && name == identityField && (c == '-' || '0' <= c && c <= '9'):
			length := bytes.IndexAny(e.Data[i:], ",} \t\r\n")
			if length < 0 {
				return
			}
			yield(data[i : i+length])
			i += length - 1
		}
	}
}

const identityField = "identity_id"
