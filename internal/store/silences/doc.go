// Package silences stores silences, and tells which one silences an arriving event.
//
// It promises that a change is on disk when its method returns, and that the next
// append knows of it. The silences that haven't ended are in memory. It refuses to
// decide what a silence means: package silence says when one is active, and package
// alerts leaves silenced events out of the open alerts.
package silences
