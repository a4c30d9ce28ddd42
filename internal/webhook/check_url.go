package webhook

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

// checkTime bounds how long a check of a URL waits for the name server.
const checkTime = 3 * time.Second

// maxShownAddresses is how many addresses of a name a check tells.
const maxShownAddresses = 4

// URLCheck is what can be told of a URL before anything is sent there.
type URLCheck struct {
	// Wrong is why it can't be registered, in words that follow "The URL";
	// empty where it can. The rest is then left out.
	Wrong string
	Host  string
	// Plain says that it is plain http.
	Plain bool
	// Addresses are what the host's name leads to, at most four; Refused
	// those among all of them that Postern doesn't call. An address in the
	// URL itself counts too.
	Addresses, Refused []netip.Addr
	More               int // addresses that aren't told
	// Problem is why the name leads nowhere, as a sentence.
	Problem string
}

// CheckURL tells whether a URL can be registered, and where it leads now. It
// asks the name server, for at most 3 s, and connects to nothing.
func (s *Service) CheckURL(ctx context.Context, raw string) URLCheck {
	if wrong := s.rules.checkURL(raw); wrong != "" {
		return URLCheck{Wrong: wrong}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return URLCheck{Wrong: "can't be read as a URL"}
	}
	c := URLCheck{Host: u.Hostname(), Plain: u.Scheme == "http"}
	addrs, err := s.resolve(ctx, c.Host)
	if err != nil {
		c.Problem = lookupProblem(c.Host, err)
		return c
	}
	for i, addr := range addrs {
		addrs[i] = addr.Unmap()
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	addrs = slices.Compact(addrs)
	for _, addr := range addrs {
		if !s.rules.guard.Allows(addr) {
			c.Refused = append(c.Refused, addr)
		}
	}
	c.More = max(0, len(addrs)-maxShownAddresses)
	c.Addresses = addrs[:len(addrs)-c.More]
	return c
}

// resolve finds the addresses of a host, in bounded time.
func (s *Service) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	return s.resolver.LookupNetIP(ctx, "ip", host)
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
