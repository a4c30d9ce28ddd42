package apidoc

import (
	"strings"

	"postern/views/ui"
)

// Props is the API's description, as a page shows it.
type Props struct {
	Frame   ui.Frame
	Intro   []string // paragraphs, with `code`
	Groups  []Group
	Schemas []Schema
	// Source is the address of the description itself.
	Source string
}

// Group is what belongs together.
type Group struct {
	Name, Text string
	Operations []Operation
}

// Operation is one method of one address.
type Operation struct {
	ID, Method, Path, Summary string
	Text                      []string
	Parameters                []Field
	Body                      []Field // the fields of a JSON body
	BodyType                  Type    // named, where it has a name
	Commands                  []Command
	Answers                   []Answer
}

// Field is a parameter, or a property of an object.
type Field struct {
	Name, In string // In is empty for a property
	Type     Type
	Required bool
	Text     string
}

// Type says in words what a value is; Ref is the schema that it names.
type Type struct{ Before, Ref string }

// Command is an example that can be run.
type Command struct{ Summary, Text string }

// Answer is one answer of an operation.
type Answer struct {
	Status, Text string
	Type         Type
}

// Schema is an object that several operations share.
type Schema struct {
	Name, Text string
	Fields     []Field
}

// schemaID is a schema's place on the page.
func schemaID(name string) string { return "schema-" + name }

// codeParts splits text at its backticks: every second span is code.
func codeParts(text string) []string { return strings.Split(text, "`") }
