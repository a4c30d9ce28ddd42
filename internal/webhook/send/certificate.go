package send

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync/atomic"

	"postern/internal/delivery"
)

// certificateRequest notes whether a receiver asks for a client certificate,
// which Postern doesn't have. With TLS 1.3, a receiver demands it only after
// the handshake. Its alert is often lost, because it closes the connection at
// the same time.
type certificateRequest struct{ asked, optional atomic.Bool }

// answer is TLS's callback for a client certificate.
func (c *certificateRequest) answer(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	c.asked.Store(true)
	return new(tls.Certificate), nil // none
}

// note records the outcome of an exchange: a receiver that answers doesn't
// require a certificate.
func (c *certificateRequest) note(err error) {
	if err == nil && c.asked.Load() {
		c.optional.Store(true)
	}
}

// demanded reports whether err means that the receiver insists on a
// certificate.
func (c *certificateRequest) demanded(err error) bool {
	if strings.Contains(err.Error(), "tls: certificate required") {
		return true
	}
	if !c.asked.Load() || c.optional.Load() {
		return false
	}
	var op *net.OpError
	class, _ := classify(err)
	return class == delivery.ClassBody || errors.As(err, &op) && op.Op == "remote error" // another TLS alert
}
