// Package ui has the parts that several pages share: the frame around a page,
// icons, times and ages, numbers and sizes, form fields, messages, links and
// permissions.
//
// It promises that links.go makes every address of a page, and that Can is the one
// place that hides what a person may not do. It knows no webhook and no camera:
// rooms above it do.
package ui
