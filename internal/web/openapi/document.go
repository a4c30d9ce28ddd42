package openapi

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// apiDocument is the part of openapi.yaml that the page shows. It lacks the
// parts of OpenAPI that openapi.yaml doesn't use.
type apiDocument struct {
	Info struct {
		Description string
	}
	Tags       []struct{ Name, Description string }
	Paths      inOrder[pathItem]
	Components struct {
		Parameters    map[string]apiParameter
		RequestBodies map[string]apiBody `yaml:"requestBodies"`
		Responses     map[string]apiResponse
		Schemas       inOrder[apiSchema]
	}
}

type pathItem struct {
	Parameters               []apiParameter
	Get, Post, Patch, Delete *apiOperation
	Put                      *apiOperation
}

type apiOperation struct {
	Tags                 []string
	OperationID          string `yaml:"operationId"`
	Summary, Description string
	Parameters           []apiParameter
	RequestBody          *apiBody             `yaml:"requestBody"`
	Responses            inOrder[apiResponse] // by status
}

type apiParameter struct {
	Ref                   string `yaml:"$ref"`
	Name, In, Description string
	Required              bool
	Schema                apiSchema
	Example               any
}

type apiBody struct {
	Ref     string `yaml:"$ref"`
	Content inOrder[apiContent]
}

type apiResponse struct {
	Ref         string `yaml:"$ref"`
	Description string
	Content     inOrder[apiContent]
}

type apiContent struct {
	Schema   apiSchema
	Examples inOrder[struct {
		Summary string
		Value   yaml.Node
	}]
}

type apiSchema struct {
	Ref              string `yaml:"$ref"`
	Type             oneOrMore
	Description      string
	Properties       inOrder[apiSchema]
	Required         []string
	Items            *apiSchema
	AllOf            []apiSchema `yaml:"allOf"`
	OneOf            []apiSchema `yaml:"oneOf"`
	Enum             []string
	Const            string
	Default          any
	Minimum, Maximum *float64
}

// inOrder is a mapping that keeps the order of its entries.
type inOrder[T any] []entry[T]

type entry[T any] struct {
	Key   string
	Value T
}

// UnmarshalYAML reads a mapping.
func (o *inOrder[T]) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: not a mapping", node.Line)
	}
	for i := 0; i < len(node.Content); i += 2 {
		e := entry[T]{Key: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&e.Value); err != nil {
			return err
		}
		*o = append(*o, e)
	}
	return nil
}

// oneOrMore is a type, or a list of types that includes null.
type oneOrMore []string

// UnmarshalYAML reads a string or a list of strings.
func (o *oneOrMore) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*o = oneOrMore{node.Value}
		return nil
	}
	return node.Decode((*[]string)(o))
}

// find returns the value of a key; the zero value where there is none.
func (o inOrder[T]) find(key string) (v T) {
	for _, e := range o {
		if e.Key == key {
			return e.Value
		}
	}
	return v
}

// refName returns the last part of a reference: a component's name.
func refName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// parameter follows a reference.
func (d *apiDocument) parameter(p apiParameter) apiParameter {
	if p.Ref != "" {
		return d.Components.Parameters[refName(p.Ref)]
	}
	return p
}

// response follows a reference.
func (d *apiDocument) response(r apiResponse) apiResponse {
	if r.Ref != "" {
		return d.Components.Responses[refName(r.Ref)]
	}
	return r
}

// properties returns an object's properties, with those of its allOf parts.
func (d *apiDocument) properties(s apiSchema) (all inOrder[apiSchema], required []string) {
	for _, part := range s.AllOf {
		of, needed := d.properties(d.Components.Schemas.find(refName(part.Ref)))
		all, required = append(all, of...), append(required, needed...)
	}
	// An object's own properties come first.
	return append(slices.Clone(s.Properties), all...), append(required, s.Required...)
}

// words describes the type of a value, and names the schema that it refers to.
func (s apiSchema) words() (text, ref string) {
	switch {
	case s.Ref != "":
		return "", refName(s.Ref)
	case len(s.OneOf) > 0 && s.Type == nil:
		_, ref = s.OneOf[0].words()
		return "one, or an array, of", ref
	case slices.Contains(s.Type, "array") && s.Items != nil:
		text, ref = s.Items.words()
		return strings.TrimSpace("array of " + text), ref
	case s.Const != "":
		return "always " + s.Const, ""
	case len(s.Enum) > 0:
		return strings.Join(slices.DeleteFunc(slices.Clone(s.Enum), func(v string) bool { return v == "" }), ", "), ""
	}
	text = strings.Join(s.Type, " or ")
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		text += fmt.Sprintf(", %v to %v", *s.Minimum, int64(*s.Maximum))
	case s.Minimum != nil:
		text += fmt.Sprintf(", at least %v", *s.Minimum)
	}
	if s.Default != nil {
		text += fmt.Sprintf(", %v unless given", s.Default)
	}
	return text, ""
}

// operations returns a path's operations, in the usual order of methods.
func (p pathItem) operations() []entry[*apiOperation] {
	all := []entry[*apiOperation]{{"GET", p.Get}, {"POST", p.Post}, {"PUT", p.Put}, {"PATCH", p.Patch}, {"DELETE", p.Delete}}
	return slices.DeleteFunc(all, func(e entry[*apiOperation]) bool { return e.Value == nil })
}

// curlCommand returns a command that can be run. It sends lines with
// --data-binary, since -d would join them.
func curlCommand(method, address, body string, lines bool) string {
	var b strings.Builder
	b.WriteString("curl ")
	if method != "GET" && (method != "POST" || body == "") {
		b.WriteString("-X " + method + " ")
	}
	if strings.Contains(address, "/stream") {
		b.WriteString("-N ")
	}
	b.WriteString(`"` + address + `"`)
	if body != "" {
		flag := "-d"
		if lines {
			flag = "--data-binary"
		}
		b.WriteString(" " + flag + " '" + strings.ReplaceAll(strings.TrimSpace(body), "'", `'\''`) + "'")
	}
	return b.String()
}
