package settings

import (
	"strconv"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// Service has the running server's settings and figures.
type Service struct {
	Version string
	API     string
	Started time.Time
	Sockets int // open now
	// File is the database's file, Size its bytes in use.
	File string
	Size int64
	WAL  int64 // bytes of the write-ahead log
	// Reserve is disk space reserved for everything but events, and Room the free
	// space besides; negative if it isn't known.
	Reserve, Room int64
	// StorageProblems are the faults of the data folder.
	StorageProblems []StorageProblem
	First, Head     int64
	Missing         int64     // sequence gaps between these
	Oldest          time.Time // when the oldest event arrived; zero without events
	// Retention by age, of events and of attempts, and by size.
	Retain, RetainAttempts time.Duration
	RetainBytes            int64
	Clock                  ServerClock
	Verification           *Verification // the newest one; nil for none
	Open                   bool          // answers this machine without a key
	// Events that legal holds keep outside the log.
	Holds                 int
	HeldEvents, HeldBytes int64
	RetainTypes           []TypeRetention // types that are kept for a shorter time
	AllowHTTP             bool
	AllowTargets          []string
	// DenyHosts are host names that deliveries may not call. TargetPorts are the
	// allowed ports; none means any. DeliveryProxy and PublicURL are empty if they
	// aren't set.
	DenyHosts, TargetPorts   []string
	DeliveryProxy, PublicURL string
}

func (s Service) process() []ui.Fact {
	version := s.Version
	if version == "" {
		version = "Unversioned build"
	}
	return []ui.Fact{{Name: "Version", Value: version}, {Name: "API", Value: s.API},
		{Name: "Live sockets open", Value: ui.Count(int64(s.Sockets))}}
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
		facts = append(facts, ui.Fact{Name: "Legal holds", Value: ui.Count(int64(s.Holds)) + ", keeping " +
			ui.Counted(s.HeldEvents, "event", "events") + " outside the log, about " + ui.Bytes(s.HeldBytes)})
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
	return ui.Span(d) + ", or until the size limit is reached"
}

func (s Service) limits() []ui.Fact {
	return []ui.Fact{
		{Name: "One event", Value: "At most " + ui.Bytes(event.MaxEventBytes)},
		{Name: "One request", Value: "At most " + ui.Counted(event.MaxBatchEvents, "event", "events") + " and " +
			ui.Bytes(event.MaxRequestBytes)},
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

// percent is the used share of the retention by size.
func (s Service) percent() string {
	return strconv.FormatInt(min(s.Size*100/max(s.RetainBytes, 1), 100), 10)
}
