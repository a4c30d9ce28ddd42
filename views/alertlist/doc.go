// Package alertlist shows open alerts in groups by cause: the same group is a row of
// the inbox, of the overview and of the monitor, in the same order.
package alertlist
