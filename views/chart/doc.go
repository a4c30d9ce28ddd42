// Package chart draws counts of events over time: bars by meaning, small bars by type,
// and the tables that say the same in numbers.
//
// It promises that no chart shows a zero where nothing is known: a downtime is a gap.
package chart
