// Package apidoc shows the API reference. Package web fills its props from
// openapi.yaml, so that page and description can't differ.
package apidoc
