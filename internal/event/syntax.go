package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/problem"
)

// SyntaxError turns an error of the JSON reader into a problem.Error with the
// line, the column, the field and the reason.
func SyntaxError(body []byte, err error) *problem.Error {
	p := readFault(body, err)
	return RefuseAt(body, p.offset, p.pointer, "The body"+p.says(body)+".")
}

// RefuseAt refuses a body because of the value at an offset. The message is a
// whole sentence.
func RefuseAt(body []byte, offset int64, pointer jsontext.Pointer, message string) *problem.Error {
	field := problem.Field{Line: 1 + bytes.Count(body[:offset], []byte{'\n'}), Field: FieldPath(pointer), Message: message}
	return &problem.Error{Code: problem.Invalid, Detail: sentence(&field, body, false), Fields: []problem.Field{field}}
}

// jsonFault is why a text isn't valid JSON, and where.
type jsonFault struct {
	offset  int64
	pointer jsontext.Pointer
	cut     bool   // the text ends in the middle of a value
	reason  string // otherwise: the end of a sentence, and advice
}

// readFault interprets an error of the JSON reader.
func readFault(body []byte, err error) jsonFault {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		syntax = &jsontext.SyntacticError{ByteOffset: int64(len(body)), Err: err}
	}
	p := jsonFault{offset: min(syntax.ByteOffset, int64(len(body))), pointer: syntax.JSONPointer}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		p.offset, p.cut = int64(len(bytes.TrimRight(body, " \t\r\n"))), true
	} else {
		p.reason = syntaxReason(body[:p.offset], body[p.offset:], syntax)
	}
	return p
}

// says returns the rest of a sentence that begins with the name of the invalid
// text.
func (p jsonFault) says(body []byte) string {
	if p.cut {
		return " is not valid JSON: it ends in the middle of a value"
	}
	start := bytes.LastIndexByte(body[:p.offset], '\n') + 1
	return fmt.Sprintf(" is not valid JSON at column %d: %s", 1+utf8.RuneCount(body[start:p.offset]), p.reason)
}

// foreign are words of other languages in the position of a JSON value.
var foreign = []struct{ word, reason string }{
	{"NaN", "NaN is not a number in JSON; send null, or leave the field out"},
	{"nan", "nan is not a number in JSON; send null, or leave the field out"},
	{"Infinity", "Infinity is not a number in JSON; send null, or leave the field out"},
	{"inf", "inf is not a number in JSON; send null, or leave the field out"},
	{"None", "None is written null in JSON"},
	{"nil", "nil is written null in JSON"},
	{"undefined", "undefined is written null in JSON"},
	{"True", "True is written true in JSON"},
	{"False", "False is written false in JSON"},
}

// syntaxReason says why the JSON is invalid between before and rest. It returns
// the end of a sentence without its full stop.
func syntaxReason(before, rest []byte, syntax *jsontext.SyntacticError) string {
	says := syntax.Err.Error()
	if errors.Is(syntax.Err, jsontext.ErrDuplicateName) {
		return fmt.Sprintf("the name %q is there twice in one object", clip(syntax.JSONPointer.LastToken(), 64))
	}
	if strings.Contains(says, "depth") {
		return fmt.Sprintf("it is nested too deep; data may have a depth of %d", MaxDataDepth)
	}
	first, size := utf8.DecodeRune(rest)
	previous := bytes.TrimRight(before, " \t\r\n")
	var last byte
	if len(previous) > 0 {
		last = previous[len(previous)-1]
	}
	next := bytes.TrimLeft(rest[size:], " \t\r\n")
	switch {
	case first == utf8.RuneError && size == 1:
		return fmt.Sprintf("the byte 0x%02X is not UTF-8; send the whole body in UTF-8", rest[0])
	case first == '\ufeff':
		return "a byte-order mark is in the middle of the body; only its beginning may have one"
	case strings.Contains(says, "surrogate"):
		return fmt.Sprintf("%s is half of a surrogate pair; send both halves, or the character itself", rest[:min(len(rest), 6)])
	case strings.Contains(says, "escape"):
		return `a backslash begins an escape that JSON doesn't have; a backslash itself is written \\`
	case strings.Contains(says, "control character") && (first == '\n' || first == '\r'):
		return `a text ends in the middle of the line, without its closing quote; a line break in a text is written \n`
	case strings.Contains(says, "control character"):
		return fmt.Sprintf(`a text has the control character U+%04X, which is written as an escape such as \n or \u%04x`, first, first)
	case strings.ContainsRune("'“”‘’`", first):
		return `texts and names are in double quotes, as "this"`
	case last == ',' && (first == '}' || first == ']'), first == ',' && len(next) > 0 && (next[0] == '}' || next[0] == ']'):
		return "a comma has nothing after it; leave it out"
	case bareName(rest):
		return "a name is in double quotes"
	case first == '/' || first == '#':
		return "JSON has no comments"
	case strings.Contains(says, "start of string"):
		return "a name in double quotes is missing here"
	case strings.Contains(says, "expecting ':'"):
		return "a colon is missing after the name"
	case first >= '0' && first <= '9' && last == '0' && len(previous) == len(before):
		return "a number doesn't begin with 0, unless a dot follows"
	case strings.Contains(says, "start of value"):
		for _, f := range foreign {
			if bytes.HasPrefix(rest, []byte(f.word)) {
				return f.reason
			}
		}
		if first == '+' || first == '.' {
			return "a number begins with a digit, or with a minus and a digit"
		}
	case strings.Contains(says, "in number") && last == '-':
		return "a number has a digit after its minus; send null where there is no number"
	case strings.Contains(says, "expecting ','") && (first == '"' || first == '{'):
		return "a comma is missing before this"
	}
	return strings.TrimPrefix(says, "jsontext: ")
}

// bareName reports whether a member's name without quotes begins here.
func bareName(rest []byte) bool {
	behind := bytes.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
	return len(behind) < len(rest) && bytes.HasPrefix(bytes.TrimLeft(behind, " \t\r\n"), []byte(":"))
}

// kindWord names a JSON kind in a sentence.
func kindWord(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '[':
		return "an array"
	case '{':
		return "an object"
	default:
		return "not a JSON value"
	}
}
