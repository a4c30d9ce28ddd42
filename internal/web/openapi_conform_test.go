package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"postern/internal/web/openapi"
)

// description is openapi.yaml, made strict: what it describes has no property
// that it doesn't name.
type description struct {
	doc    *openapi3.T
	router routers.Router

	mu       sync.Mutex
	compiler *jsonschema.Compiler          // of the whole text
	schemas  map[string]*jsonschema.Schema // that are compiled, by their JSON pointers
}

var loadDescription = sync.OnceValues(func() (*description, error) {
	plain := openapi3filter.FileBodyDecoder
	for _, name := range []string{typeNDJSON, typeSSE, "application/yaml", "image/jpeg", "image/png", "image/webp"} {
		openapi3filter.RegisterBodyDecoder(name, plain)
	}
	var raw map[string]any
	if err := yaml.Unmarshal(openapi.YAML, &raw); err != nil {
		return nil, err
	}
	schemas := raw["components"].(map[string]any)["schemas"].(map[string]any)
	parts := map[any]bool{} // of other schemas
	for _, schema := range schemas {
		all, _ := schema.(map[string]any)["allOf"].([]any)
		for _, one := range all {
			parts[one.(map[string]any)["$ref"]] = true
		}
	}
	for name, schema := range schemas {
		if !parts["#/components/schemas/"+name] {
			closeObjects(schema)
		}
	}
	closeObjects(raw["paths"])
	delete(raw, "servers") // tests have ports of their own
	text, err := json.Marshal(raw)
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	plainDoc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	return &description{doc: doc, router: router, compiler: compiler, schemas: make(map[string]*jsonschema.Schema)},
		compiler.AddResource(descriptionURL, plainDoc)
})

// closeObjects lets objects have no more properties than they name.
func closeObjects(node any) {
	switch node := node.(type) {
	case []any:
		for _, one := range node {
			closeObjects(one)
		}
	case map[string]any:
		_, named := node["properties"].(map[string]any)
		_, open := node["additionalProperties"]
		if named && !open {
			closed := "additionalProperties"
			if node["allOf"] != nil {
				closed = "unevaluatedProperties"
			}
			node[closed] = false
		}
		for key, one := range node {
			if key != "example" && key != "examples" && key != "value" {
				closeObjects(one)
			}
		}
	}
}

// conform checks an exchange against the description. A refused
// request need not be described; the refusal must be.
func conform(req *http.Request, body string, a *answer) error {
	if req.Method == http.MethodHead {
		return nil // a GET without its body
	}
	d, err := loadDescription()
	if err != nil {
		return err
	}
	body = strings.TrimPrefix(body, "\ufeff") // any body may begin with a byte-order mark
	described := req.Clone(context.Background())
	described.Body, described.GetBody, described.ContentLength = io.NopCloser(strings.NewReader(body)), nil, int64(len(body))
	// The body decides what it is, not the header, unless it is a form.
	form := strings.HasPrefix(req.Header.Get("Content-Type"), "multipart/")
	if !form {
		described.Header.Del("Content-Type")
	}
	if !form && strings.TrimSpace(body) != "" {
		described.Header.Set("Content-Type", contentOf(body))
	}
	route, params, err := d.router.FindRoute(described)
	if err != nil {
		if isAPI(req.URL.Path) && a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
			return fmt.Errorf("%s %s isn't described: %w", req.Method, req.URL.Path, err)
		}
		return nil
	}
	in := &openapi3filter.RequestValidationInput{Request: described, PathParams: params, Route: route, Options: &openapi3filter.Options{
		ExcludeRequestBody: form, IncludeResponseStatus: true,
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, // who may is tested elsewhere
	}}
	if a.status < 300 {
		known := queryParameters(route.PathItem, route.Operation)
		for name := range req.URL.Query() {
			if !known[name] {
				return fmt.Errorf("the parameter %s isn't described", name)
			}
		}
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	options := *in.Options
	if typeOf(a.header) == typeJSON || typeOf(a.header) == typeProblem {
		// The library compiles the schema for each body, which takes longer than the
		// rest of a test.
		options.ExcludeResponseBody = true
		if err := d.conformBody(route, a); err != nil {
			return fmt.Errorf("response: %w", err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.status, Header: a.header, Options: &options}
	if err := openapi3filter.ValidateResponse(context.Background(), out.SetBodyBytes(a.body)); err != nil {
		return fmt.Errorf("response: %w", err)
	}
	return nil
}

// descriptionURL names the description to the compiler of schemas.
const descriptionURL = "https://postern.example/openapi.json"

// Content types of bodies that are one JSON value.
const (
	typeJSON    = "application/json"
	typeProblem = "application/problem+json"
)

// typeOf is a response's content type without parameters.
func typeOf(header http.Header) string {
	name, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.TrimSpace(name)
}

// conformBody checks a response's body of one JSON value.
func (d *description) conformBody(route *routers.Route, a *answer) error {
	response, status := route.Operation.Responses.Status(a.status), strconv.Itoa(a.status)
	if response == nil {
		response, status = route.Operation.Responses.Default(), "default"
	}
	place := fmt.Sprintf("#/paths/%s/%s/responses/%s", escapePointer(route.Path), strings.ToLower(route.Method), status)
	if response == nil {
		return fmt.Errorf("the status %d isn't described", a.status)
	}
	if response.Ref != "" {
		place = response.Ref
	}
	media := response.Value.Content[typeOf(a.header)]
	if media == nil {
		if len(response.Value.Content) == 0 && len(a.body) == 0 {
			return nil
		}
		return fmt.Errorf("the content type %s of the status %d isn't described", typeOf(a.header), a.status)
	}
	return d.conformJSON(place+"/content/"+escapePointer(typeOf(a.header))+"/schema", a.body)
}

// conformJSON checks a JSON value against the schema at a JSON pointer.
func (d *description) conformJSON(pointer string, text []byte) error {
	schema, err := d.schema(pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// schema returns the compiled schema at a JSON pointer.
func (d *description) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if schema := d.schemas[pointer]; schema != nil {
		return schema, nil
	}
	schema, err := d.compiler.Compile(descriptionURL + pointer)
	if err != nil {
		return nil, err
	}
	d.schemas[pointer] = schema
	return schema, nil
}

// escapePointer escapes a name for a JSON pointer in a URL's fragment.
func escapePointer(name string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
}

// isAPI reports whether an address is for programs.
func isAPI(path string) bool {
	return strings.HasPrefix(path, apiPath+"/") || path == "/healthz" || path == "/readyz" || path == "/metrics"
}

// contentOf is what a body is: one JSON value, or one a line, or an image.
func contentOf(body string) string {
	if kind := http.DetectContentType([]byte(body)); strings.HasPrefix(kind, "image/") {
		return kind
	}
	dec := json.NewDecoder(strings.NewReader(body))
	var value json.RawMessage
	first := dec.Decode(&value)
	if second := dec.Decode(&value); first == nil && second == nil {
		return typeNDJSON
	}
	return "application/json"
}

// queryParameters are the names of an operation's query parameters.
func queryParameters(item *openapi3.PathItem, op *openapi3.Operation) map[string]bool {
	names := map[string]bool{}
	for _, list := range []openapi3.Parameters{item.Parameters, op.Parameters} {
		for _, p := range list {
			if p.Value.In == "query" {
				names[p.Value.Name] = true
			}
		}
	}
	return names
}

// properties are the names of an object's properties, those of its parts
// included.
func properties(schema *openapi3.Schema) map[string]bool {
	names := map[string]bool{}
	for name := range schema.Properties {
		names[name] = true
	}
	for _, part := range schema.AllOf {
		maps.Copy(names, properties(part.Value))
	}
	return names
}

// conformMessage checks a message of a stream.
func conformMessage(message []byte) error {
	d, err := loadDescription()
	if err != nil {
		return err
	}
	return d.conformJSON("#/components/schemas/StreamMessage", message)
}
