package openapi

import _ "embed" // openapi.yaml

// YAML describes the API, as OpenAPI 3.1. Tests compare it with the
// routes, and check all their requests and responses against it.
//
//go:embed openapi.yaml
var YAML []byte
