package delivery

import (
	"time"

	"postern/internal/event"
)

// SettingsVersion is what selected an endpoint's events from one change of its settings
// to the next.
type SettingsVersion struct {
	N     int64     // the row's number
	After int64     // it holds for the events after this sequence number
	At    time.Time // when the settings were changed
	// Until is when the next version replaced it; zero for the present settings.
	Until    time.Time
	Types    event.TypeSet
	Settings Settings
	// Filter is that of the types and the settings.
	Filter event.Filter
}

// Selecting returns the settings alone that decide which events are sent: only they
// make a new version.
func (s *Settings) Selecting() Settings {
	return Settings{
		Cameras: s.Cameras, Sources: s.Sources, Conditions: s.Conditions, SkipSilenced: s.SkipSilenced, StormSeconds: s.StormSeconds,
	}
}

// Selection returns the version's selection.
func (v *SettingsVersion) Selection(endpoint string) Selection {
	return Selection{EndpointID: endpoint, Filter: v.Filter, SkipSilenced: v.Settings.SkipSilenced}
}
