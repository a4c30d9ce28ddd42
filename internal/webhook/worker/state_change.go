package worker

import (
	"strconv"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// NewStateChange returns a change of an endpoint's state with its announcement.
func NewStateChange(endpoint string, to delivery.State, kind event.Kind, at time.Time, cause string) delivery.StateChange {
	at = at.UTC().Truncate(time.Microsecond)
	return delivery.StateChange{State: to, At: at, Cause: cause, Announcement: AnnouncementID(endpoint, kind, at)}
}

// AnnouncementID is the id of an announcement about an endpoint. It is derived
// from the change of state, so that publishing it again changes nothing.
func AnnouncementID(endpoint string, kind event.Kind, at time.Time) string {
	return endpoint + "-" + string(kind) + "-" + strconv.FormatInt(at.UnixMicro(), 36)
}
