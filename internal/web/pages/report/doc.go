// Package report has the handler of the shift report's page: it reads the period,
// within the camera scope of the principal.
package report
