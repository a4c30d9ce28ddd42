package views

import (
	"strconv"
	"time"

	"postern/internal/event"
)

// Fact is something to know, with its name.
type Fact struct{ Name, Value string }

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
	// Troubles are the faults of the data folder.
	Troubles    []StorageTrouble
	First, Head int64
	Missing     int64     // numbers between these whose events are gone
	Oldest      time.Time // when the oldest event arrived; zero without events
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

// Bytes writes a size in the unit that suits it.
func Bytes(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	size, unit := float64(n), 0
	for size >= 1024 && unit < len(units)-1 {
		size, unit = size/1024, unit+1
	}
	if unit == 0 {
		return Counted(n, "byte", "bytes")
	}
	digits := 0
	if size < 10 {
		digits = 1
	}
	return strconv.FormatFloat(size, 'f', digits, 64) + " " + units[unit]
}

func (s Service) process() []Fact {
	version := s.Version
	if version == "" {
		version = "Unversioned build"
	}
	return []Fact{{"Version", version}, {"API", s.API}, {"Live sockets open", Count(int64(s.Sockets))}}
}

func (s Service) storage() []Fact {
	kept := s.Head - s.First + 1 - s.Missing
	facts := []Fact{
		{"Data file", s.File},
		{"In use", Bytes(s.Size) + " of at most " + Bytes(s.RetainBytes)},
		{"Write-ahead log", Bytes(s.WAL)},
		{"Free on the disk", s.room()},
		{"Events kept", Count(max(kept, 0))},
		{"Events accepted in total", Count(s.Head)},
		{"Event retention", s.stay(s.Retain)},
		{"Attempt retention", s.stay(s.RetainAttempts)},
	}
	for _, t := range s.RetainTypes {
		facts = append(facts, Fact{t.Type.Info().Words + " stays", s.stay(t.Keep)})
	}
	if s.Holds > 0 {
		facts = append(facts, Fact{"Legal holds", Count(int64(s.Holds)) + ", keeping " + Counted(s.HeldEvents, "event", "events") + " beside the log, about " + Bytes(s.HeldBytes)})
	}
	return facts
}

func (s Service) room() string {
	room := "Unknown"
	if s.Room >= 0 {
		room = Bytes(s.Room)
	}
	if s.Reserve > 0 {
		return room + ", and " + Bytes(s.Reserve) + " in reserve"
	}
	return room + ", with nothing in reserve"
}

// TypeRetention is how long events of one type are kept.
type TypeRetention struct {
	Type event.Type
	Keep time.Duration
}

func (s Service) stay(d time.Duration) string {
	return Span(d) + ", or until the file is full"
}

func (s Service) limits() []Fact {
	return []Fact{
		{"One event", "At most " + Bytes(event.MaxEventBytes)},
		{"One request", "At most " + Counted(event.MaxBatchEvents, "event", "events") + " and " + Bytes(event.MaxRequestBytes)},
		{"Camera and source names", "At most " + Counted(event.MaxNameLength, "character", "characters")},
		{"Data", "At most " + Counted(event.MaxDataDepth, "level", "levels") + " deep"},
		{"One page of the API", "At most " + Counted(event.MaxPageEvents, "event", "events")},
	}
}

func (s Service) deliveries() []Fact {
	plain, private := "Refused: webhooks need https", "None: loopback, private and special-purpose addresses are refused"
	if s.AllowHTTP {
		plain = "Allowed (--allow-http)"
	}
	if len(s.AllowTargets) > 0 {
		private = list(s.AllowTargets) + " (--allow-target)"
	}
	facts := []Fact{{"Plain http", plain}, {"Private targets allowed", private}}
	if len(s.DenyHosts) > 0 {
		facts = append(facts, Fact{"Hosts refused", list(s.DenyHosts) + " (--deny-host)"})
	}
	if len(s.TargetPorts) > 0 {
		facts = append(facts, Fact{"Only to ports", list(s.TargetPorts) + " (--target-ports)"})
	}
	if s.DeliveryProxy != "" {
		facts = append(facts, Fact{"Sent through the proxy", s.DeliveryProxy + " (--delivery-proxy)"})
	}
	if s.PublicURL != "" {
		facts = append(facts, Fact{"Links in thin payloads begin with", s.PublicURL + " (--public-url)"})
	}
	return facts
}

// percent is how much of the room that events may have is in use.
func (s Service) percent() string {
	return strconv.FormatInt(min(s.Size*100/max(s.RetainBytes, 1), 100), 10)
}
