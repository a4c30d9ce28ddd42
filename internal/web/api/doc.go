// Package api has the handlers of the JSON API. A handler decodes the request,
// calls a service, and encodes the answer, whose fields openapi.yaml describes.
//
// It promises that a repeated request with an Idempotency-Key is carried out once
// and gets the same answer, without secrets; and that an export that ends early
// doesn't look complete.
//
// It doesn't authorize requests and doesn't write the audit entries of changes:
// package web does both, in the table of routes. It applies no camera scope: reads
// go through package scoped.
package api
