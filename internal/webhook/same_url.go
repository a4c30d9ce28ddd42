package webhook

import (
	"net/url"
	"strings"
)

// SameURL returns the webhooks, other than one, that call a URL already,
// however its host is written.
func (s *Service) SameURL(raw, except string) []*Endpoint {
	sought := comparableURL(raw)
	var same []*Endpoint
	for _, e := range s.Endpoints() {
		if e.ID != except && comparableURL(e.URL) == sought {
			same = append(same, e)
		}
	}
	return same
}

// comparableURL is a URL in the one way of writing it that tells whether two
// lead to the same place (RFC 3986, section 6.2): the scheme and the host
// aren't case-sensitive, a scheme's own port and an empty path may be left out.
func comparableURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	u.Host = strings.TrimSuffix(u.Host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}
