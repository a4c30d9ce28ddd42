package apidoc

import (
	"strings"

	"github.com/a-h/templ"

	"postern/views/ui"
)

// Props are the props of the API reference.
type Props struct {
	Frame   ui.Frame
	Intro   []string // paragraphs, with `code`
	Groups  []Group
	Schemas []Schema
	// Source is the address of openapi.yaml.
	Source string
}

// Group is a group of operations.
type Group struct {
	Name, Text string
	Operations []Operation
}

// Slug is the group's name in the address of its page.
func (g Group) Slug() string { return strings.ToLower(strings.ReplaceAll(g.Name, " ", "-")) }

// groupURL is the address of a group's page.
func groupURL(g Group) templ.SafeURL { return ui.URL("/docs/api/" + g.Slug()) }

// Operation is one method of one path.
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

// Type describes a value's type; Ref is the schema that it names.
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

// schemaID is the id of a schema's element.
func schemaID(name string) string { return "schema-" + name }

// codeParts splits a text at its backticks: every second part is code.
func codeParts(text string) []string { return strings.Split(text, "`") }
