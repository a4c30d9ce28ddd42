package webhook

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"postern/internal/event"
	"postern/internal/store"
)

// ErrNotFound says that no webhook has the id.
var ErrNotFound = errors.New("webhook not found")

// Limits on endpoints.
const (
	MaxEndpoints = 1000
	maxURLBytes  = 2048
)

// Endpoint is a registered webhook. It is read-only and never holds the
// secret.
type Endpoint struct {
	ID    string
	URL   string
	Types event.TypeSet
	// SignedWith are the secrets that sign its deliveries, newest first; none
	// means unsigned.
	SignedWith []SigningSecret
	Settings   Settings
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// OverlapUntil is when the last of the older secrets stops signing; zero where
// there is none.
func (e *Endpoint) OverlapUntil() (until time.Time) {
	for _, one := range e.SignedWith {
		if one.Until.After(until) {
			until = one.Until
		}
	}
	return until
}

// Host returns the URL's host and port.
func (e *Endpoint) Host() string {
	if u, err := url.Parse(e.URL); err == nil {
		return u.Host
	}
	return e.URL
}

// Public returns an endpoint without its secrets.
func Public(e *store.Endpoint) *Endpoint {
	// What can't be read was never accepted; the lane says so in the log.
	settings, _, _ := settingsOf(e)
	return &Endpoint{
		ID: e.ID, URL: e.URL, Types: e.Types, SignedWith: signedWith(e, time.Now()),
		Settings: settings, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}
}

// Registration is what somebody asks to register.
type Registration struct {
	URL        string
	EventTypes []string
	// Secret signs the deliveries; empty for none.
	Secret string
	// GenerateSecret asks Postern to make the secret.
	GenerateSecret bool
	Settings       Settings
}

// Change is what somebody asks to change; nil leaves a field as it is.
type Change struct {
	URL        *string
	EventTypes *[]string
	// Secret replaces all secrets at once; empty removes them. With Rotate, the
	// previous secret continues to sign.
	Secret *string
	// Settings changes those that there are by then; ReplaceSettings, all.
	Settings func(*Settings)
}

// ReplaceSettings is a change of all settings.
func ReplaceSettings(with Settings) func(*Settings) {
	return func(settings *Settings) { *settings = with }
}

// newEndpointID makes an id in the reference's form: wh_ and 12 hex digits.
func newEndpointID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return "wh_" + hex.EncodeToString(b[:])
}

// rules are what decides whether a registration is acceptable.
type rules struct {
	allowHTTP bool
	guard     *Guard
	payloads  *payloads
	// The URL, or the settings, were checked when they were given.
	knownURL, knownSettings bool
	// former is the endpoint's present URL. It may stay unchanged even if it
	// breaks the rules: its receiver knows it.
	former string
}

// check validates the fields of an endpoint that is to be kept and reads the
// event types. The secret is empty where none is given. Its error is an *event.InvalidError.
func (r rules) check(rawURL string, names []string, secret string, settings *Settings) (event.TypeSet, error) {
	var fields []event.FieldError
	if r.knownURL {
		// nothing to check
	} else if message := r.checkURL(rawURL); message != "" {
		fields = append(fields, event.FieldError{Field: "url", Message: message})
	}
	types, err := event.ParseTypes(names)
	if err != nil {
		fields = append(fields, event.FieldError{Field: "event_types", Message: err.Error()})
	}
	if message := checkSecret(secret); message != "" {
		fields = append(fields, event.FieldError{Field: "secret", Message: message})
	}
	_, wrong := settings.check()
	if !r.knownSettings {
		if message := r.payloads.lacks(settings.Payload); message != "" {
			wrong = append(wrong, event.FieldError{Field: "payload", Message: message})
		}
	}
	if fields = append(fields, wrong...); len(fields) == 0 {
		return types, nil
	}
	return 0, refuse(fields)
}

// refuse makes one error of what is wrong with several fields.
func refuse(fields []event.FieldError) *event.InvalidError {
	details := make([]string, len(fields))
	for i, f := range fields {
		details[i] = f.Field + ": " + f.Message + "."
	}
	return &event.InvalidError{Detail: strings.Join(details, " "), Fields: fields}
}

// checkURL returns what is wrong with the URL, or nothing.
func (r rules) checkURL(raw string) string {
	switch {
	case raw == "":
		return "is required: the address that receives the events, such as https://example.com/webhooks/biometrics"
	case len(raw) > maxURLBytes:
		return fmt.Sprintf("is longer than %d bytes", maxURLBytes)
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || unicode.IsControl(r) || unicode.IsSpace(r) }):
		return "contains a space or a control character; encode it as in %20"
	}
	u, err := url.Parse(raw)
	switch {
	case !utf8.ValidString(raw):
		return "can't be read as a URL; write it as https://host/path"
	case err != nil && checkTarget(raw) != "":
		return checkTarget(raw)
	case err != nil:
		return "can't be read as a URL; write it as https://host/path"
	}
	if strings.Contains(raw, "#") {
		return "has a fragment (#…), which is never sent; leave it out"
	}
	switch scheme := u.Scheme; {
	case scheme == "https":
	case scheme == "http" && r.allowHTTP:
	case scheme == "http":
		return "must begin with https://; plain http is refused unless Postern runs with --allow-http"
	case r.allowHTTP:
		return "must begin with https:// or http://"
	default:
		return "must begin with https://"
	}
	if u.User != nil {
		return "contains a user name or a password; leave them out, deliveries are signed instead"
	}
	if u.Hostname() == "" || u.Opaque != "" {
		return "has no host; write it as https://host/path"
	}
	if strings.HasSuffix(u.Host, ":") {
		return "has a colon but no port after the host"
	}
	if n, err := strconv.Atoi(portOf(u)); err != nil || n < 1 || n > 65535 {
		return "has a port outside 1 to 65535"
	}
	host, err := asciiHost(u.Hostname())
	if err != nil {
		return "has a host that is no valid name"
	}
	// A name is checked when it is dialled; an address can be told now. IPv4
	// in IPv6 is dialled as IPv4.
	addr, err := netip.ParseAddr(host)
	zone := addr.Zone() // Unmap drops it
	switch addr = addr.Unmap(); {
	case err == nil && strings.HasSuffix(u.Hostname(), "."), err != nil && endsInNumber(host):
		return "has a host that reads as a number; write an address in full, as in https://203.0.113.7/"
	case zone != "":
		return "has an address with a zone, which Postern doesn't call; leave out what follows the %"
	case err == nil && !r.guard.Allows(addr):
		return fmt.Sprintf("%s is a loopback, private or special-purpose address, which Postern doesn't call unless it runs with --allow-target (such as --allow-target %s)", addr, advised(addr))
	}
	if message := r.guard.refuses(host, portOf(u)); message != "" || raw == r.former {
		return message
	}
	if err != nil && !isName(host) {
		return "has a host that is no valid name"
	}
	if path, query, _ := targetOf(raw); strings.Contains(raw[:len(raw)-len(path)-len(query)], "%") {
		return "has an escape (%…) in its host; write the name itself"
	}
	return checkTarget(raw)
}

// endsInNumber reports whether a host's last label is a number, decimal or
// hexadecimal. No name ends so, and some resolvers read 127.1, 0x7f.1 or
// 2130706433 as an address (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func endsInNumber(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	hex, ok := strings.CutPrefix(last, "0x")
	return last != "" && strings.Trim(last, "0123456789") == "" || ok && strings.Trim(hex, "0123456789abcdef") == ""
}

// advised is what --allow-target has to be given for an address.
func advised(addr netip.Addr) string {
	prefix := netip.PrefixFrom(addr, addr.BitLen()).String()
	if inner, ok := translated(addr); ok {
		return prefix + "," + advised(inner)
	}
	return prefix
}
