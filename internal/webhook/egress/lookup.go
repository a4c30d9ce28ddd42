package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// lookupTimeout bounds how long Lookup waits for the name server.
const lookupTimeout = 3 * time.Second

// maxShownAddresses is the number of addresses of a name that Lookup returns.
const maxShownAddresses = 4

// Lookup is what can be known about a URL before any request is sent to it.
type Lookup struct {
	// Wrong is a sentence that says why the URL can't be registered; empty where
	// it can.
	Wrong string
	Host  string
	Plain bool // plain http
	// Addresses are the first four addresses of the host. Refused are those of
	// all its addresses that the policy doesn't allow. An address in the URL
	// itself counts too.
	Addresses, Refused []netip.Addr
	More               int // further addresses
	// Problem says in a sentence why the name has no address.
	Problem string
}

// Lookup checks whether a URL can be registered, and resolves its host. It waits
// for the name server for at most 3 s, and connects to no receiver.
func (g *Guard) Lookup(ctx context.Context, raw string) Lookup {
	if wrong := g.CheckURL(raw, ""); wrong != "" {
		return Lookup{Wrong: wrong}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return Lookup{Wrong: "The URL can't be read."}
	}
	l := Lookup{Host: u.Hostname(), Plain: u.Scheme == "http"}
	addrs, err := g.resolve(ctx, l.Host, lookupTimeout)
	if err != nil {
		l.Problem = lookupProblem(l.Host, err)
		return l
	}
	for i, addr := range addrs {
		addrs[i] = addr.Unmap()
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	addrs = slices.Compact(addrs)
	for _, addr := range addrs {
		if !g.AllowsAddr(addr) {
			l.Refused = append(l.Refused, addr)
		}
	}
	l.More = max(0, len(addrs)-maxShownAddresses)
	l.Addresses = addrs[:len(addrs)-l.More]
	return l
}

// resolve returns the addresses of a host.
func (g *Guard) resolve(ctx context.Context, host string, timeout time.Duration) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return g.lookup.LookupNetIP(ctx, "ip", host)
}

func lookupProblem(host string, err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &dns) && dns.IsTimeout:
		return fmt.Sprintf("The name server did not answer in time for %q.", host)
	default:
		return fmt.Sprintf("The name %q could not be resolved.", host)
	}
}
