package delivery

import "time"

// Pending is a delivery of an event at or before its endpoint's cursor that is
// neither delivered nor skipped.
type Pending struct {
	Seq      int64
	Attempts int       // attempts that failed
	Due      time.Time // of the next attempt; zero if the delivery is exhausted
	Replay   bool      // the event is sent again on request
	Aside    bool      // it is exhausted because it was set aside
}
