package connection

import "syscall"

// Bounds of Plan.
const (
	maxTotal      = 16_384
	minTotal      = 64
	minFiles      = 128 // file descriptors for the service's own files and sockets
	plentyPerHost = 1024
)

// Limits are numbers of connections.
type Limits struct {
	// Total is how many may be open at once.
	Total int
	// PerClient is how many one client may have open.
	PerClient int
	// Reserve is how many of Total are left to clients that have authenticated
	// lately.
	Reserve int
}

// Plan sizes the limits. The process may have files descriptors open, and
// memory for byMemory connections; total and perClient are settings, zero for
// the defaults. A quarter of the descriptors, and 128 at least, are left to the
// data folder, backups and webhooks' connections; of very few, a half.
func Plan(files uint64, byMemory, total, perClient int) Limits {
	own := min(files/2, max(minFiles, files/4))
	l := Limits{Total: int(min(files-own, maxTotal))}
	if total > 0 {
		l.Total = int(min(files-own, uint64(total)))
	} else {
		l.Total = max(min(l.Total, byMemory), min(l.Total, minTotal))
	}
	l.Reserve = l.Total / 8
	l.PerClient = perClient
	if perClient == 0 {
		l.PerClient = max(l.Total/4, min(l.Total/2, plentyPerHost))
	}
	l.PerClient = max(min(l.PerClient, l.Total), 1)
	return l
}

// OpenFiles returns how many file descriptors the process may have open. Go
// raises the soft limit to the hard one when the process starts.
func OpenFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur == 0 {
		return 1024
	}
	return limit.Cur
}
