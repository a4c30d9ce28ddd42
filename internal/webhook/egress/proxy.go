package egress

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
)

// Proxy is an HTTP proxy for deliveries, with its login. However it is printed
// or logged, it shows no login.
type Proxy struct{ url *url.URL }

// ParseProxy parses the address of a delivery proxy: http:// or https://, a
// host and a port. login is "user:password", or empty; it is a separate
// parameter so that the address can be shown.
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

// cutLogin splits a login at its first colon, as Basic authentication does
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

// Address returns the proxy's address without its login; empty for nil.
func (p *Proxy) Address() string {
	if p == nil {
		return ""
	}
	return p.url.Scheme + "://" + p.url.Host
}

// Format prints the proxy's address, whatever the verb.
func (p *Proxy) Format(f fmt.State, _ rune) { fmt.Fprint(f, p.Address()) }

// LogValue logs the proxy's address.
func (p *Proxy) LogValue() slog.Value { return slog.StringValue(p.Address()) }

// ProxyFor checks a request's target and returns the proxy's URL, for
// http.Transport. The proxy looks up the name itself, and its answer may
// differ. So all present addresses of the name have to be allowed, not one of
// them.
func (g *Guard) ProxyFor(r *http.Request) (*url.URL, error) {
	host, port := r.URL.Hostname(), portOf(r.URL)
	if err := g.checkTarget(host, port); err != nil {
		return nil, err
	}
	host, err := ASCIIHost(host)
	if err != nil {
		return nil, err
	}
	addrs, err := g.resolve(r.Context(), host, ConnectTimeout)
	if err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		if !g.AllowsAddr(addr.Unmap()) {
			return nil, errSpecialAddress
		}
	}
	return g.policy.Proxy.url, nil
}
