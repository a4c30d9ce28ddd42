package settings

import (
	"strconv"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// Service is what Postern runs with.
type Service struct {
	Version string
	API     string
	Started time.Time
	Sockets int // live ones, now
	// File is the store, Size its bytes in use.
	File string
	Size int64
	WAL  int64 // bytes of the write-ahead log
	// Reserve is room on the disk that is held back for everything but
	// events, and Room what else is free; negative where it isn't known.
	Reserve, Room int64
	// StorageProblems are the faults of the data folder.
	StorageProblems []StorageProblem
	First, Head     int64
	Missing         int64     // numbers between these whose events are gone
	Oldest          time.Time // when the oldest event arrived; zero without events
	// What is kept: events and attempts for how long, and all for as long as
	// it is no larger than this.
	Retain, RetainAttempts time.Duration
	RetainBytes            int64
	Clock                  ServerClock
	Verification           *Verification // the newest one; nil for none
	Open                   bool          // to whoever is on this machine
	// What legal holds keep beside the log.
	Holds                 int
	HeldEvents, HeldBytes int64
	RetainTypes           []TypeRetention // types that are kept for a shorter time
	AllowHTTP             bool
	AllowTargets          []string
	// DenyHosts are names never called; TargetPorts all ports that are, none
	// meaning any. DeliveryProxy and PublicURL are empty where not set.
	DenyHosts, TargetPorts   []string
	DeliveryProxy, PublicURL string
}

func (s Service) process() []ui.Fact {
	version := s.Version
	if version == "" {
		version = "Unversioned build"
	}
	return []ui.Fact{{Name: "Version", Value: version}, {Name: "API", Value: s.API}, {Name: "Live sockets open", Value: ui.Count(int64(s.Sockets))}}
}

func (s Service) storage() []ui.Fact {
	kept := s.Head - s.First + 1 - s.Missing
	facts := []ui.Fact{
		{Name: "Data file", Value: s.File},
		{Name: "In use", Value: ui.Bytes(s.Size) + " of at most " + ui.Bytes(s.RetainBytes)},
		{Name: "Write-ahead log", Value: ui.Bytes(s.WAL)},
		{Name: "Free on the disk", Value: s.room()},
		{Name: "Events kept", Value: ui.Count(max(kept, 0))},
		{Name: "Events accepted in total", Value: ui.Count(s.Head)},
		{Name: "Event retention", Value: s.stay(s.Retain)},
		{Name: "Attempt retention", Value: s.stay(s.RetainAttempts)},
	}
	for _, t := range s.RetainTypes {
		facts = append(facts, ui.Fact{Name: t.Type.Info().Words + " retention", Value: s.stay(t.Keep)})
	}
	if s.Holds > 0 {
		facts = append(facts, ui.Fact{Name: "Legal holds", Value: ui.Count(int64(s.Holds)) + ", keeping " + ui.Counted(s.HeldEvents, "event", "events") + " outside the log, about " + ui.Bytes(s.HeldBytes)})
	}
	return facts
}

func (s Service) room() string {
	room := "Unknown"
	if s.Room >= 0 {
		room = ui.Bytes(s.Room)
	}
	if s.Reserve > 0 {
		return room + ", and " + ui.Bytes(s.Reserve) + " in reserve"
	}
	return room + ", with nothing in reserve"
}

// TypeRetention is how long events of one type are kept.
type TypeRetention struct {
	Type event.Type
	Keep time.Duration
}

func (s Service) stay(d time.Duration) string {
	return ui.Span(d) + ", or until the file is full"
}

func (s Service) limits() []ui.Fact {
	return []ui.Fact{
		{Name: "One event", Value: "At most " + ui.Bytes(event.MaxEventBytes)},
		{Name: "One request", Value: "At most " + ui.Counted(event.MaxBatchEvents, "event", "events") + " and " + ui.Bytes(event.MaxRequestBytes)},
		{Name: "Camera and source names", Value: "At most " + ui.Counted(event.MaxNameLength, "character", "characters")},
		{Name: "Data", Value: "At most " + ui.Counted(event.MaxDataDepth, "level", "levels") + " deep"},
		{Name: "One page of the API", Value: "At most " + ui.Counted(event.MaxPageEvents, "event", "events")},
	}
}

func (s Service) deliveries() []ui.Fact {
	plain, private := "Refused: webhooks need https", "None: loopback, private and special-purpose addresses are refused"
	if s.AllowHTTP {
		plain = "Allowed (--allow-http)"
	}
	if len(s.AllowTargets) > 0 {
		private = ui.List(s.AllowTargets) + " (--allow-target)"
	}
	facts := []ui.Fact{{Name: "Plain http", Value: plain}, {Name: "Private targets allowed", Value: private}}
	if len(s.DenyHosts) > 0 {
		facts = append(facts, ui.Fact{Name: "Hosts refused", Value: ui.List(s.DenyHosts) + " (--deny-host)"})
	}
	if len(s.TargetPorts) > 0 {
		facts = append(facts, ui.Fact{Name: "Allowed ports", Value: ui.List(s.TargetPorts) + " (--target-ports)"})
	}
	if s.DeliveryProxy != "" {
		facts = append(facts, ui.Fact{Name: "Delivery proxy", Value: s.DeliveryProxy + " (--delivery-proxy)"})
	}
	if s.PublicURL != "" {
		facts = append(facts, ui.Fact{Name: "Public URL of links in thin payloads", Value: s.PublicURL + " (--public-url)"})
	}
	return facts
}

// percent is how much of the room that events may have is in use.
func (s Service) percent() string {
	return strconv.FormatInt(min(s.Size*100/max(s.RetainBytes, 1), 100), 10)
}
