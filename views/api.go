package views

import "strings"

// APIProps is the API's description, as a page shows it.
type APIProps struct {
	Frame   Frame
	Intro   []string // paragraphs, with `code`
	Groups  []APIGroup
	Schemas []APISchema
	// Source is the address of the description itself.
	Source string
}

// APIGroup is what belongs together.
type APIGroup struct {
	Name, Text string
	Operations []APIOperation
}

// APIOperation is one method of one address.
type APIOperation struct {
	ID, Method, Path, Summary string
	Text                      []string
	Parameters                []APIField
	Body                      []APIField // the fields of a JSON body
	BodyType                  APIType    // named, where it has a name
	Commands                  []APICommand
	Answers                   []APIAnswer
}

// APIField is a parameter, or a property of an object.
type APIField struct {
	Name, In string // In is empty for a property
	Type     APIType
	Required bool
	Text     string
}

// APIType says in words what a value is; Ref is the schema that it names.
type APIType struct{ Before, Ref string }

// APICommand is an example that can be run.
type APICommand struct{ Summary, Text string }

// APIAnswer is one answer of an operation.
type APIAnswer struct {
	Status, Text string
	Type         APIType
}

// APISchema is an object that several operations share.
type APISchema struct {
	Name, Text string
	Fields     []APIField
}

// schemaID is a schema's place on the page.
func schemaID(name string) string { return "schema-" + name }

// spans splits text at its backticks: every second span is code.
func spans(text string) []string { return strings.Split(text, "`") }
