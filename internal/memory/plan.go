package memory

import (
	"os"
	"runtime/debug"
)

// Plan says how many bytes each part may hold. The shares of the ring, of
// request bodies, of answers and of connections come to 55 % of the limit; the
// rest is for deliveries, indexes, and garbage, and for the database, whose memory
// Go's collector doesn't see.
type Plan struct {
	// Limit is the memory that the process may use, and Go the limit of its
	// garbage collector.
	Limit, Go int64
	// Ring bounds the events that the hub keeps in memory.
	Ring int64
	// Bodies bounds the memory of large requests while they are read and
	// stored. It has room for at least one of the largest.
	Bodies int64
	// Answers bounds the large answers that clients haven't read yet.
	Answers int64
	// Connections is how many connections of clients there is memory for, with
	// their buffers full.
	Connections int
	// Page bounds one page of events, Read one read of the log by a stream, a
	// delivery worker or the upkeep. Both have at least one event.
	Page, Read int64
}

const (
	mib = 1 << 20
	// connectionBytes is the memory of a connection with a request's head of
	// 16 KiB and an answer in its buffers.
	connectionBytes = 32 << 10
)

// PlanFor divides a limit.
func PlanFor(limit int64) Plan {
	return Plan{
		Limit:       limit,
		Go:          limit / 100 * 70,
		Ring:        between(4*mib, limit/8, 512*mib),
		Bodies:      between(64*mib, limit/6, 4096*mib),
		Answers:     between(8*mib, limit/8, 1024*mib),
		Connections: int(limit / 8 / connectionBytes),
		Page:        between(mib, limit/128, 32*mib),
		Read:        between(mib/8, limit/4096, mib),
	}
}

// Apply gives Go's collector its limit, unless the environment has given one
// (GOMEMLIMIT).
func (p Plan) Apply() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(p.Go)
	}
}

func between(least, n, most int64) int64 { return min(max(n, least), most) }
