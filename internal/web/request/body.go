package request

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/problem"
)

// DecodeBody decodes a JSON object into a struct and refuses unknown fields. Its errors are
// *problem.Error.
func DecodeBody(c *fiber.Ctx, into any) error {
	body, err := Body(c)
	if err != nil {
		return err
	}
	if isBlank(body) {
		return &problem.Error{Code: problem.Invalid, Detail: "The body is empty. Send a JSON object with " +
			strings.Join(FieldNames(into), ", ") + "."}
	}
	return DecodeJSON(body, into)
}

// DecodeOptionalBody is DecodeBody for requests whose body may be empty.
func DecodeOptionalBody(c *fiber.Ctx, into any) error {
	body, err := Body(c)
	if err != nil {
		return err
	}
	if isBlank(body) {
		return nil
	}
	return DecodeJSON(body, into)
}

// isBlank reports whether a body has nothing but white space, or a byte-order
// mark.
func isBlank(body []byte) bool {
	return len(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))) == 0
}

// DecodeJSON is DecodeBody for a body that was read before.
func DecodeJSON(body []byte, into any) error {
	body, err := event.UTF8Body(body)
	if err != nil {
		return err
	}
	err = json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		return event.SyntaxError(body, err)
	case errors.As(err, &semantic) && errors.Is(semantic.Err, json.ErrUnknownName):
		has := "it has none"
		if names := FieldNames(into); len(names) > 0 {
			has = "the fields are " + strings.Join(names, ", ")
		}
		return refuseValue(body, semantic, "This is not a field of this request; "+has+".")
	case errors.As(err, &semantic) && semantic.JSONPointer != "":
		return refuseValue(body, semantic, "The value has the wrong type; it must be "+typeWords(semantic.GoType)+".")
	case err != nil, jsontext.Value(body).Kind() == 'n':
		return &problem.Error{Code: problem.Invalid, Detail: "The body is not a JSON object. Send one with " +
			strings.Join(FieldNames(into), ", ") + "."}
	default:
		return nil
	}
}

// refuseValue refuses a value that is valid JSON but has the wrong type or
// content.
func refuseValue(body []byte, semantic *json.SemanticError, message string) error {
	offset := semantic.ByteOffset // the decoder may report an offset after the value or after separators
	for offset < int64(len(body)) && strings.IndexByte(" \t\r\n,:", body[offset]) >= 0 {
		offset++
	}
	return event.RefuseAt(body, offset, semantic.JSONPointer, message)
}

// FieldNames returns the names of a struct's fields in JSON, in order.
func FieldNames(of any) []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(of).Elem()) {
		if !f.Anonymous {
			names = append(names, f.Tag.Get("json"))
		}
	}
	return names
}

// typeWords names the JSON type of a field.
func typeWords(t reflect.Type) string {
	if t == nil {
		return "of the type that the documentation says"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[Time]() {
		return "a time: text such as \"2026-03-19T10:32:15Z\" or \"-1h\", or seconds or milliseconds since 1970 as a number"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array of strings"
	default:
		return "an object"
	}
}

// Body returns the body as it was sent. A compressed body is refused: Fiber would
// decompress it without a limit.
func Body(c *fiber.Ctx) ([]byte, error) {
	if encoding := string(c.Request().Header.Peek(fiber.HeaderContentEncoding)); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, &problem.Error{Code: problem.Unsupported,
			Detail: "The body is encoded as " + QuoteClipped(encoding) + ". Send it without Content-Encoding."}
	}
	return c.Request().Body(), nil
}
