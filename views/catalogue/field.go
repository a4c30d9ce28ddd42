package catalogue

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/event"
)

// field is a usual field of a type's data.
type field struct {
	Name, Type, Example string
}

// fieldsOf returns the fields of a type's example, in its order.
func fieldsOf(in event.Info) (fields []field) {
	d := jsontext.NewDecoder(strings.NewReader(in.Example))
	if _, err := d.ReadToken(); err != nil { // its brace
		return nil
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return fields
		}
		known := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return fields
		}
		fields = append(fields, field{known, typeName(value), value.String()})
	}
	return fields
}

// typeName names a value's type as JSON Schema does.
func typeName(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		return "string"
	case '0':
		return "number"
	case 't', 'f':
		return "boolean"
	case '[':
		return "array"
	default:
		return "object"
	}
}

// schema is the JSON Schema of a type's data, for programs that validate it.
func schema(in event.Info) string {
	properties := map[string]any{}
	for _, f := range fieldsOf(in) {
		properties[f.Name] = map[string]any{"type": f.Type, "examples": []jsontext.Value{jsontext.Value(f.Example)}}
	}
	text, err := json.Marshal(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": in.Name, "description": in.Description,
		"type": "object", "properties": properties, "additionalProperties": true,
	}, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return ""
	}
	return string(text)
}
