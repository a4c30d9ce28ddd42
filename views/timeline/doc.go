// Package timeline shows when things happened to a delivery: the waterfall of an
// attempt, with the event's arrival and commit before it, the phases of an attempt as
// one bar, and a webhook's heatmap of seven days.
//
// It promises that each drawing has its numbers beside it, in a table or a label, and
// that a time that isn't known is said to be unknown. Its times are those that were
// stored; it invents none.
package timeline
