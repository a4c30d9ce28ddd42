// Package report is the shift report: a page that is made to be printed on A4.
package report
