// Package camera shows cameras: their states, the page that lists them, and the page
// that sets for how long a camera may be silent.
//
// It promises an order in which the cameras that need attention come first. The
// overview and the monitor use its states and its order.
package camera
