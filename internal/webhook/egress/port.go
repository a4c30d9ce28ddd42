package egress

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// PortRange is the ports from First to Last, both included.
type PortRange struct{ First, Last uint16 }

// UnmarshalText parses 443, or 9000-9100.
func (r *PortRange) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	first, last, isRange := strings.Cut(written, "-")
	if !isRange {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	to, errLast := strconv.ParseUint(last, 10, 16)
	if err != nil || errLast != nil || from < 1 || from > to {
		return fmt.Errorf("%q is not a port; write it as 443, or 9000-9100", written)
	}
	*r = PortRange{uint16(from), uint16(to)}
	return nil
}

// String formats the range as UnmarshalText parses it.
func (r PortRange) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

func joinPorts(ranges []PortRange) string {
	texts := make([]string, len(ranges))
	for i, r := range ranges {
		texts[i] = r.String()
	}
	return strings.Join(texts, ", ")
}

// portOf returns a URL's port, or the default port of its scheme.
func portOf(u *url.URL) string {
	switch port := u.Port(); {
	case port != "":
		return port
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}
