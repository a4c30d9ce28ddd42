package webhooks

import (
	"strconv"

	"postern/internal/delivery"
)

// older returns all secrets but the newest.
func (p Props) older() []delivery.SigningSecret {
	if len(p.Endpoint.Secrets) < 2 {
		return nil
	}
	return p.Endpoint.Secrets[1:]
}

// overlapping reports whether more than one secret signs.
func (p Props) overlapping() bool { return len(p.older()) > 0 }

// oldest returns the secret of X-Signature-256.
func (p Props) oldest(i int) bool { return p.overlapping() && i == len(p.Endpoint.Secrets)-1 }

// signing is the number of secrets that the page shows. The form sends it back, so
// that a rotation made elsewhere in the meantime is noticed.
func (p Props) signing() string { return strconv.Itoa(len(p.Endpoint.Secrets)) }

// overlap is the value of the field for a rotation's overlap.
func (p Props) overlap() string {
	if p.Overlap == "" && p.OverlapError == "" {
		return "24"
	}
	return p.Overlap
}
