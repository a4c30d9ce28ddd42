package event

import (
	"bytes"

	"postern/internal/problem"
)

// utf8BOM is the byte-order mark that some editors and libraries put before
// UTF-8. It carries no information, and RFC 8259 lets readers of JSON skip it.
var utf8BOM = []byte("\xef\xbb\xbf")

// UTF8Body returns a JSON body without its byte-order mark. It detects UTF-16
// and UTF-32 and names them in the refusal; read as UTF-8, the refusal would be
// about a NUL byte. JSON begins with an ASCII character, so a NUL among the
// first bytes identifies them. Its error is a *problem.Error.
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
	return nil, &problem.Error{Code: problem.Invalid, Detail: "The body is " + name + "; send UTF-8."}
}
