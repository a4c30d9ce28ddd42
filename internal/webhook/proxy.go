package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"code.dny.dev/ssrf"
)

// Proxy is an HTTP proxy for deliveries, with its login.
type Proxy struct{ url *url.URL }

// address is the proxy's, without its login; empty without a proxy.
func (p *Proxy) address() string {
	if p == nil {
		return ""
	}
	return p.url.Scheme + "://" + p.url.Host
}

// ParseProxy reads the address of a delivery proxy: http:// or https://, a
// host and a port. login is "user:password", or empty; it stands apart, so
// that the address can be shown.
func ParseProxy(raw, login string) (*Proxy, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("it is not the address of a proxy; write it as http://proxy.example:3128")
	case u.User != nil:
		return nil, errors.New("it has a user name or a password; keep those apart from the address")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("it goes on after the host and port; write it as http://proxy.example:3128")
	}
	u.Path = ""
	if login != "" {
		user, password, ok := cutLogin(login)
		if !ok {
			return nil, errors.New("its login is not written as user:password")
		}
		u.User = url.UserPassword(user, password)
	}
	return &Proxy{u}, nil
}

// cutLogin parts a login at its first colon, as Basic authentication does
// (RFC 7617).
func cutLogin(login string) (user, password string, ok bool) {
	for i := range len(login) {
		if c := login[i]; c < ' ' || c == 0x7f {
			return "", "", false
		} else if c == ':' && !ok {
			user, password, ok = login[:i], login[i+1:], i > 0
		}
	}
	return user, password, ok
}

// throughProxy checks what a request is for and returns the proxy. The proxy
// gets the name and looks it up once more: what it finds then is for its own
// rules to judge. So every address that the name has now must be allowed, not
// only one of them.
func (g *Guard) throughProxy(r *http.Request) (*url.URL, error) {
	host, port := r.URL.Hostname(), portOf(r.URL)
	if words := g.refuses(host, port); words != "" {
		return nil, refused("The URL " + words + ".")
	}
	host, err := asciiHost(host)
	if err != nil {
		return nil, err
	}
	addrs := []netip.Addr{}
	if addr, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, addr)
	} else {
		ctx, cancel := context.WithTimeout(r.Context(), connectTimeout)
		defer cancel()
		resolver := g.resolver
		if resolver == nil {
			resolver = net.DefaultResolver
		}
		if addrs, err = resolver.LookupNetIP(ctx, "ip", host); err != nil {
			return nil, err
		}
	}
	for _, addr := range addrs {
		if !g.Allows(addr.Unmap()) {
			return nil, fmt.Errorf("%w: %s", ssrf.ErrProhibitedIP, addr)
		}
	}
	return g.proxy.url, nil
}

// portOf returns a URL's port, or its scheme's.
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
