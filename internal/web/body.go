package web

import (
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
)

// decodeBody reads a JSON object strictly into a struct. Its errors are
// *event.InvalidError.
func decodeBody(c *fiber.Ctx, into any) error {
	body, err := requestBody(c)
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return &event.InvalidError{Detail: "The body is empty. Send a JSON object with " + strings.Join(fieldNames(into), ", ") + "."}
	}
	return decodeJSON(body, into)
}

// decodeOptional is decodeBody where every field may be left out, and so the
// body too.
func decodeOptional(c *fiber.Ctx, into any) error {
	body, err := requestBody(c)
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return nil
	}
	return decodeJSON(body, into)
}

func decodeJSON(body []byte, into any) error {
	err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		return event.SyntaxError(err)
	case errors.As(err, &semantic) && errors.Is(semantic.Err, json.ErrUnknownName):
		names := fieldNames(into)
		if len(names) == 0 {
			return invalid(pointerField(semantic.JSONPointer), "is not a field of this request; it has none")
		}
		return invalid(pointerField(semantic.JSONPointer), "is not a field of this request; the fields are "+strings.Join(names, ", "))
	case errors.As(err, &semantic) && semantic.JSONPointer != "":
		return invalid(pointerField(semantic.JSONPointer), "has the wrong type; it must be "+typeWords(semantic.GoType))
	default:
		return &event.InvalidError{Detail: "The body is not a JSON object. Send one with " + strings.Join(fieldNames(into), ", ") + "."}
	}
}

// fieldNames are the names of a request's fields, in their order.
func fieldNames(of any) []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(of).Elem()) {
		if !f.Anonymous {
			names = append(names, f.Tag.Get("json"))
		}
	}
	return names
}

// typeWords says in JSON's words what a field must be.
func typeWords(t reflect.Type) string {
	if t == nil {
		return "of the type that the documentation says"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
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

// pointerField turns a JSON pointer into a field's name: /event_types/0 into
// event_types[0].
func pointerField(p jsontext.Pointer) string {
	var name string
	for token := range p.Tokens() {
		switch _, err := strconv.Atoi(token); {
		case name == "":
			name = token
		case err == nil:
			name += "[" + token + "]"
		default:
			name += "." + token
		}
	}
	return name
}
