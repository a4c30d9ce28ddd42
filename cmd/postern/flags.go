package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"postern/internal/event"
	"postern/internal/shift"
	"postern/internal/store/secretbox"
)

// serveFlags are the settings of a running Postern, each also an environment
// variable.
type serveFlags struct {
	data                    string         // the data folder, whose default differs by command
	loopback                bool           // whether Listen is on this machine only
	logFile                 *logFile       // the file of LogFile; nil for standard error
	Listen                  string         `default:"localhost:8000" env:"POSTERN_LISTEN" placeholder:"ADDRESS:PORT" help:"Where to listen (${default}: 127.0.0.1 and ::1). On anything but a loopback address people sign in and programs send keys; see postern user add."`
	RequireAccess           bool           `env:"POSTERN_REQUIRE_ACCESS" help:"Ask for accounts and keys on a loopback address too."`
	MaxConnections          int            `env:"POSTERN_MAX_CONNECTIONS" placeholder:"NUMBER" help:"Serve this many connections at once (what the limit of open files and the memory allow, and 16384 at most)."`
	MaxConnectionsPerClient int            `env:"POSTERN_MAX_CONNECTIONS_PER_CLIENT" placeholder:"NUMBER" help:"Let one client address, or IPv6 /64, have this many of them (a quarter). Trusted proxies are exempt."`
	TLSCert                 string         `env:"POSTERN_TLS_CERT" placeholder:"FILE" help:"Serve https with this certificate, PEM with its chain; loaded again when it changes."`
	TLSKey                  string         `env:"POSTERN_TLS_KEY" placeholder:"FILE" help:"The certificate's key, PEM."`
	TrustedProxy            []targetPrefix `env:"POSTERN_TRUSTED_PROXY" placeholder:"CIDR" help:"Trust X-Forwarded-For, -Proto and -Host from these proxies; implies --require-access."`
	AllowHTTP               bool           `env:"POSTERN_ALLOW_HTTP" help:"Allow plain http URLs for webhooks."`
	AllowTarget             []targetPrefix `env:"POSTERN_ALLOW_TARGET" placeholder:"CIDR" help:"Deliver to these loopback, private or special-purpose addresses too; repeat it or separate them by commas."`
	targetFlags             `embed:""`
	Retain                  days          `default:"30d" env:"POSTERN_RETAIN" placeholder:"TIME" help:"Keep events and attempts this long, such as 30d or 12h (${default})."`
	RetainType              []typeDays    `env:"POSTERN_RETAIN_TYPE" placeholder:"TYPE=TIME" help:"Keep events of this type for a shorter time, such as face_detected=3d; repeat it or separate them by commas."`
	RetainAttempts          days          `env:"POSTERN_RETAIN_ATTEMPTS" placeholder:"TIME" help:"Keep the record of attempts this long (as long as events)."`
	RetainBytes             byteSize      `default:"10GiB" env:"POSTERN_RETAIN_BYTES" placeholder:"SIZE" help:"Remove the oldest events while the store is larger than this (${default})."`
	RetainSnapshots         days          `default:"7d" env:"POSTERN_RETAIN_SNAPSHOTS" placeholder:"TIME" help:"Keep snapshots this long, if their events are (${default})."`
	RetainSnapshotBytes     byteSize      `default:"2GiB" env:"POSTERN_RETAIN_SNAPSHOT_BYTES" placeholder:"SIZE" help:"Remove the oldest snapshots while their files take more room than this (${default})."`
	EscalateAlert           time.Duration `default:"0s" env:"POSTERN_ESCALATE_ALERT" placeholder:"TIME" help:"Announce a watchlist alert that is open after this time, such as 15m; 0s announces none (${default})."`
	EscalateAttention       time.Duration `default:"0s" env:"POSTERN_ESCALATE_ATTENTION" placeholder:"TIME" help:"The same for failed liveness checks (${default})."`
	EscalateFault           time.Duration `default:"0s" env:"POSTERN_ESCALATE_FAULT" placeholder:"TIME" help:"The same for system errors and announcements (${default})."`
	History                 int           `default:"10000" env:"POSTERN_HISTORY" placeholder:"EVENTS" help:"Keep this many of the newest events in memory too (${default})."`
	Shifts                  string        `default:"06:00,14:00,22:00" env:"POSTERN_SHIFTS" placeholder:"TIMES" help:"The times of day at which a shift begins, in each person's time zone (${default})."`
	LogFormat               string        `default:"text" enum:"text,json" env:"POSTERN_LOG_FORMAT" placeholder:"FORMAT" help:"Log as text or json (${default})."`
	LogFile                 string        `env:"POSTERN_LOG_FILE" placeholder:"FILE" help:"Log to the end of this file instead of standard error; SIGHUP opens it again."`
}

// Bounds of the flags.
const (
	minRetain      = time.Minute
	minEscalate    = time.Minute
	minRetainBytes = 1 << 20
	maxHistory     = 10_000_000
	minConnections = 16
)

// check finds what is wrong with the flags beyond their form.
func (f *serveFlags) check() error {
	host, port, err := net.SplitHostPort(f.Listen)
	if n, convErr := strconv.Atoi(port); err != nil || convErr != nil || n < 0 || n > 65535 {
		return usageError{fmt.Errorf("--listen %q is not an address and a port; write it as localhost:8000", f.Listen)}
	}
	addr, err := netip.ParseAddr(host)
	f.loopback = isLocalhost(host) || err == nil && addr.IsLoopback()
	if (f.TLSCert == "") != (f.TLSKey == "") {
		return usageError{errors.New("--tls-cert and --tls-key belong together; give both or neither")}
	}
	if err := f.targetFlags.check(); err != nil {
		return err
	}
	if _, err := shift.Parse(f.Shifts); err != nil {
		return usageError{fmt.Errorf("--shifts: %w", err)}
	}
	if f.data == "" {
		return usageError{errors.New("--data is empty; name a folder")}
	}
	if time.Duration(f.Retain) < minRetain {
		return usageError{fmt.Errorf("--retain %s is too short; keep events for at least %s", f.Retain, minRetain)}
	}
	if _, err := f.retainTypes(); err != nil {
		return usageError{err}
	}
	if f.RetainAttempts != 0 && time.Duration(f.RetainAttempts) < minRetain {
		return usageError{fmt.Errorf("--retain-attempts %s is too short; keep attempts for at least %s", f.RetainAttempts, minRetain)}
	}
	if f.RetainBytes < minRetainBytes {
		return usageError{fmt.Errorf("--retain-bytes %d is too small; keep at least %s", f.RetainBytes, humanize.IBytes(minRetainBytes))}
	}
	for _, one := range []struct {
		flag string
		time time.Duration
	}{{"--escalate-alert", f.EscalateAlert}, {"--escalate-attention", f.EscalateAttention}, {"--escalate-fault", f.EscalateFault}} {
		if one.time != 0 && one.time < minEscalate {
			return usageError{fmt.Errorf("%s %s is too short; give people at least %s, or 0s for no escalation", one.flag, one.time, minEscalate)}
		}
	}
	if time.Duration(f.RetainSnapshots) < minRetain {
		return usageError{fmt.Errorf("--retain-snapshots %s is too short; keep snapshots for at least %s", f.RetainSnapshots, minRetain)}
	}
	if f.RetainSnapshotBytes < minRetainBytes {
		return usageError{fmt.Errorf("--retain-snapshot-bytes %d is too small; keep at least %s", f.RetainSnapshotBytes,
			humanize.IBytes(minRetainBytes))}
	}
	if f.MaxConnections != 0 && f.MaxConnections < minConnections {
		return usageError{fmt.Errorf("--max-connections %d is too small; serve at least %d", f.MaxConnections, minConnections)}
	}
	if f.MaxConnectionsPerClient < 0 {
		return usageError{fmt.Errorf("--max-connections-per-client %d is too small; let a client have at least 1", f.MaxConnectionsPerClient)}
	}
	if f.History < 1 || f.History > maxHistory {
		return usageError{fmt.Errorf("--history %d is outside 1 to %d", f.History, maxHistory)}
	}
	return nil
}

// keyVariable holds the key that encrypts webhooks' secrets. It has no flag, since
// other users of the machine can read command lines.
const keyVariable = "POSTERN_KEY"

// keyFromEnvironment returns the key, or nil where the data folder's own is to
// be used.
func keyFromEnvironment() ([]byte, error) {
	text, ok := os.LookupEnv(keyVariable)
	if !ok || text == "" {
		return nil, nil
	}
	key, err := secretbox.ParseKey(text)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", keyVariable, err)}
	}
	return key, nil
}

// open reports whether requests need no account and no key: on loopback addresses,
// unless --require-access is set.
func (f *serveFlags) open() bool {
	return f.loopback && !f.RequireAccess && len(f.TrustedProxy) == 0
}

// prefixes returns the ranges that a flag names.
func prefixes(of []targetPrefix) []netip.Prefix {
	list := make([]netip.Prefix, len(of))
	for i, t := range of {
		list[i] = t.Prefix
	}
	return list
}

// targetPrefix is a CIDR, or a single address.
type targetPrefix struct{ netip.Prefix }

// UnmarshalText reads 10.0.0.0/8, or 10.1.2.3 for that address alone.
func (t *targetPrefix) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		t.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return fmt.Errorf("%q is not an address range; write it as 10.0.0.0/8 or 10.1.2.3", s)
	}
	t.Prefix = prefix.Masked()
	return nil
}

// days is a duration that knows days.
type days time.Duration

// UnmarshalText reads a Go duration, or a whole number of days: 30d.
func (d *days) UnmarshalText(text []byte) error {
	s := string(text)
	if number, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil || n < 0 || n > 36_500 {
			return fmt.Errorf("%q is not a time; write it as 30d or 12h", s)
		}
		*d = days(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a time; write it as 30d or 12h", s)
	}
	*d = days(v)
	return nil
}

// String returns the duration.
func (d days) String() string { return time.Duration(d).String() }

// typeDays is how long events of one type are kept.
type typeDays struct {
	kind event.Type
	keep days
}

// UnmarshalText reads face_detected=3d.
func (t *typeDays) UnmarshalText(text []byte) error {
	name, keep, ok := strings.Cut(strings.TrimSpace(string(text)), "=")
	if !ok {
		return fmt.Errorf("%q is not a type and a time; write it as face_detected=3d", text)
	}
	var err error
	if t.kind, err = event.ParseType(strings.TrimSpace(name)); err != nil {
		return err
	}
	return t.keep.UnmarshalText([]byte(strings.TrimSpace(keep)))
}

// retainTypes returns the types with a shorter retention. It fails for invalid values.
func (f *serveFlags) retainTypes() (map[event.Type]time.Duration, error) {
	types := make(map[event.Type]time.Duration, len(f.RetainType))
	for _, t := range f.RetainType {
		keep := time.Duration(t.keep)
		switch _, twice := types[t.kind]; {
		case twice:
			return nil, fmt.Errorf("--retain-type names %s twice; say once how long it is kept", t.kind)
		case keep < minRetain:
			return nil, fmt.Errorf("--retain-type %s=%s is too short; keep events for at least %s", t.kind, t.keep, minRetain)
		case keep >= time.Duration(f.Retain):
			return nil, fmt.Errorf("--retain-type %s=%s is not shorter than --retain %s, which all events are kept for; raise that, "+
				"or leave the type out", t.kind, t.keep, f.Retain)
		}
		types[t.kind] = keep
	}
	return types, nil
}

// byteSize is a number of bytes.
type byteSize int64

// UnmarshalText reads 10GiB, 500MB or a bare number of bytes.
func (b *byteSize) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > 1<<62 {
		return fmt.Errorf("%q is not a size; write it as 10GiB or 500MiB", text)
	}
	*b = byteSize(n)
	return nil
}
