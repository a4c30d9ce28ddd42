// Package openapi owns the description of the API, openapi.yaml, and makes the
// content of the page that shows it.
//
// It promises that the page has every operation, parameter and schema of the
// description, in its order. It reads only the parts of OpenAPI that openapi.yaml
// uses. Tests of package web compare the description with the routes, requests
// and responses.
package openapi
