package event

import "bytes"

// utf8BOM is the byte-order mark that some editors and libraries put before
// UTF-8. It says nothing, and RFC 8259 lets readers of JSON skip it.
var utf8BOM = []byte("\xef\xbb\xbf")

// UTF8Body returns a JSON body without a byte-order mark, and refuses one that
// is plainly UTF-16 or UTF-32 by name: as UTF-8, its refusal would be about
// some NUL byte. JSON begins with an ASCII character, so that a NUL among the
// first bytes tells. Its error is an *InvalidError.
func UTF8Body(body []byte) ([]byte, error) {
	if body = bytes.TrimPrefix(body, utf8BOM); len(body) < 2 {
		return body, nil
	}
	name := ""
	switch {
	case bytes.HasPrefix(body, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(body, []byte{0, 0, 0xfe, 0xff}),
		len(body) >= 4 && body[0] == 0 && body[1] == 0 && body[2] == 0 && body[3] != 0,
		len(body) >= 4 && body[0] != 0 && body[1] == 0 && body[2] == 0 && body[3] == 0:
		name = "UTF-32"
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}), bytes.HasPrefix(body, []byte{0xfe, 0xff}),
		(body[0] == 0) != (body[1] == 0):
		name = "UTF-16"
	default:
		return body, nil
	}
	return nil, &InvalidError{Detail: "The body is " + name + "; send UTF-8."}
}
