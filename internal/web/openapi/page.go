package openapi

import (
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"

	"postern/internal/web/request"
	apipage "postern/views/apidoc"
)

// PageProps returns the content of the page of the API, without its frame. base
// is the beginning of the URLs in its commands.
func PageProps(base string) (apipage.Props, error) {
	doc, err := readDescription()
	if err != nil {
		return apipage.Props{}, err
	}
	return doc.page(base), nil
}

// readDescription reads the embedded description once.
var readDescription = sync.OnceValues(func() (*apiDocument, error) {
	doc := new(apiDocument)
	if err := yaml.Unmarshal(YAML, doc); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	return doc, nil
})

// page returns the content of the page.
func (d *apiDocument) page(base string) apipage.Props {
	props := apipage.Props{Intro: paragraphs(d.Info.Description), Source: request.APIPrefix + "/openapi.yaml"}
	for _, tag := range d.Tags {
		group := apipage.Group{Name: tag.Name, Text: tag.Description}
		for _, path := range d.Paths {
			for _, op := range path.Value.operations() {
				if op.Value.Tags[0] == tag.Name {
					group.Operations = append(group.Operations, d.operation(base, path, op.Key, op.Value))
				}
			}
		}
		props.Groups = append(props.Groups, group)
	}
	for _, e := range d.Components.Schemas {
		schema := e.Value
		shown := apipage.Schema{Name: e.Key, Text: schema.Description, Fields: d.fields(schema)}
		if len(shown.Fields) == 0 {
			text, ref := schema.words()
			shown.Text = strings.TrimSpace(shown.Text + " " + upperFirst(strings.TrimSpace(text+" "+ref)) + ".")
		}
		props.Schemas = append(props.Schemas, shown)
	}
	return props
}

func (d *apiDocument) operation(base string, path entry[pathItem], method string, op *apiOperation) apipage.Operation {
	out := apipage.Operation{ID: op.OperationID, Method: method, Path: path.Key, Summary: op.Summary, Text: paragraphs(op.Description)}
	address, query := base+path.Key, url.Values{}
	for _, p := range append(path.Value.Parameters[:len(path.Value.Parameters):len(path.Value.Parameters)], op.Parameters...) {
		p = d.parameter(p)
		out.Parameters = append(out.Parameters, apipage.Field{Name: p.Name, In: p.In, Type: apiType(p.Schema), Required: p.Required,
			Text: p.Description})
		if p.In == "header" {
			continue // a command to copy has its own body, and a key would need a new value each time
		}
		switch example := p.Example.(type) {
		case nil:
		case []any:
			query.Set(p.Name, fmt.Sprint(example[0]))
		default:
			if p.In == "path" {
				address = strings.Replace(address, "{"+p.Name+"}", fmt.Sprint(example), 1)
			} else {
				query.Set(p.Name, fmt.Sprint(example))
			}
		}
	}
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	if op.RequestBody != nil {
		d.body(&out, op.RequestBody, address)
	}
	if len(out.Commands) == 0 && path.Key != "/metrics" {
		out.Commands = []apipage.Command{{Text: curlCommand(method, address, "", false)}}
	}
	for _, r := range op.Responses {
		response := d.response(r.Value)
		answer := apipage.Answer{Status: r.Key, Text: response.Description}
		if r.Key == "default" {
			answer.Status = "any other"
		}
		if len(response.Content) > 0 {
			answer.Type = apiType(response.Content[0].Value.Schema)
		}
		out.Answers = append(out.Answers, answer)
	}
	return out
}

// body fills in the body of a request, with its examples as commands.
func (d *apiDocument) body(out *apipage.Operation, body *apiBody, address string) {
	content := body.Content
	if body.Ref != "" {
		content = d.Components.RequestBodies[refName(body.Ref)].Content
	}
	if image := content[0].Key; strings.HasPrefix(image, "image/") {
		out.Commands = append(out.Commands, apipage.Command{Text: curlCommand(out.Method, address, "", false) + " --data-binary @snapshot.jpg"})
		return
	}
	schema := content.find("application/json").Schema
	if out.Body = d.fields(schema); len(out.Body) == 0 && len(schema.Type) == 0 {
		out.BodyType = apiType(schema)
	}
	for _, kind := range content {
		for _, example := range kind.Value.Examples {
			text := exampleText(&example.Value.Value)
			out.Commands = append(out.Commands, apipage.Command{
				Summary: example.Value.Summary, Text: curlCommand(out.Method, address, text, kind.Key == "application/x-ndjson"),
			})
		}
	}
}

// fields returns an object's properties; none for a reference to another schema.
func (d *apiDocument) fields(schema apiSchema) (fields []apipage.Field) {
	all, required := d.properties(schema)
	for _, p := range all {
		f := apipage.Field{Name: p.Key, Type: apiType(p.Value), Text: p.Value.Description}
		for _, name := range required {
			f.Required = f.Required || name == p.Key
		}
		fields = append(fields, f)
	}
	return fields
}

func apiType(s apiSchema) apipage.Type {
	text, ref := s.words()
	if text != "" && ref != "" {
		text += " "
	}
	return apipage.Type{Before: text, Ref: ref}
}

// maxExampleLine is the maximum length, in bytes, of an example in one line.
const maxExampleLine = 64

// exampleText returns an example as it is sent: JSON in the order of the
// description, or plain text.
func exampleText(node *yaml.Node) string {
	if node.Kind == yaml.ScalarNode {
		return node.Value
	}
	line := appendExample(nil, node, " ", "", "")
	if len(line) > maxExampleLine {
		line = appendExample(nil, node, "\n  ", "\n  ", "\n")
	}
	return string(line)
}

// appendExample appends a value in one line. The outermost value gets the given
// white space between, before and after its elements.
func appendExample(b []byte, node *yaml.Node, between, before, after string) []byte {
	open, shut, size := byte('['), byte(']'), 1
	switch {
	case node.Kind == yaml.MappingNode:
		open, shut, size = '{', '}', 2
	case node.Kind == yaml.SequenceNode:
	case node.Tag == "!!str":
		return appendText(b, node.Value)
	default:
		return append(b, node.Value...) // numbers, true, false and null are written as in JSON
	}
	b = append(append(b, open), before...)
	for i := 0; i < len(node.Content); i += size {
		if i > 0 {
			b = append(append(b, ','), between...)
		}
		if size == 2 {
			b = append(appendText(b, node.Content[i].Value), ": "...)
		}
		b = appendExample(b, node.Content[i+size-1], " ", "", "")
	}
	return append(append(b, after...), shut)
}

func appendText(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // fails only for invalid UTF-8, which YAML can't have
	return b
}

// paragraphs splits a description at its empty lines.
func paragraphs(text string) (all []string) {
	for one := range strings.SplitSeq(text, "\n\n") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
