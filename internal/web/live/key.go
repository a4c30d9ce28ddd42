package live

import (
	"log/slog"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// Key identifies a feed: what its pages show.
type Key struct {
	Filter event.Filter
	// StateOnly is for the rate in the header, without events.
	StateOnly bool
	// Monitor is for the monitor page: alerts, cameras and totals.
	Monitor bool
	// Webhooks adds the counts of webhooks to a monitor.
	Webhooks bool
	// Snapshots shows a monitor the snapshots of its alerts.
	Snapshots bool
	// CameraScope restricts the feed, and the rate in the header, to cameras;
	// nil means all.
	CameraScope []string
	// Zone is the time zone of the watchers; nil means UTC, or a feed without
	// times.
	Zone *time.Location
}

// String returns a text that no other key has.
func (k Key) String() string {
	if k.StateOnly {
		return "state?" + ui.FilterQuery(event.Filter{Cameras: k.CameraScope}).Encode()
	}
	if k.Zone != nil {
		inUTC := k
		inUTC.Zone = nil
		return "in " + k.Zone.String() + " " + inUTC.String()
	}
	if k.CameraScope != nil {
		// Not the feed of a principal without a scope who filters by the same cameras.
		unrestricted := k
		unrestricted.CameraScope = nil
		return "within " + ui.FilterQuery(event.Filter{Cameras: k.CameraScope}).Encode() + " " + unrestricted.String()
	}
	if k.Snapshots {
		without := k
		without.Snapshots = false
		return "with snapshots " + without.String()
	}
	if k.Webhooks {
		return "monitor with webhooks?" + ui.FilterQuery(k.Filter).Encode()
	}
	if k.Monitor {
		return "monitor?" + ui.FilterQuery(k.Filter).Encode()
	}
	return "rows?" + ui.FilterQuery(k.Filter).Encode()
}

// CheckCapacity returns ErrFull if another socket would be refused now.
func (l *Feeds) CheckCapacity() error {
	if l.Open() < l.Limit {
		return nil
	}
	return l.refuse()
}

// refuse counts a socket that is refused.
func (l *Feeds) refuse() error {
	l.refused.Add(1)
	l.logRefused.Add(1, slog.Int("max_live_sockets", l.Limit))
	return ErrFull
}
