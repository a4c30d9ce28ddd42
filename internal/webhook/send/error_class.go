package send

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

// classify finds out where an exchange failed and says so in a sentence that
// names no secret and no payload.
func classify(err error) (delivery.Class, string) {
	var dns *net.DNSError
	var op *net.OpError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	var unknownAuthority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var refused egress.RefusedError
	if class, words, ok := http2Words(err); ok {
		return class, words
	}
	switch {
	case errors.As(err, &refused):
		return delivery.ClassRefused, refused.Error()
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return delivery.ClassConnect, "The delivery proxy could not be reached: " + lastWords(err) + "."
	case errors.As(err, &dns) && !dns.IsTimeout:
		return delivery.ClassDNS, fmt.Sprintf("The name %q could not be resolved.", dns.Name)
	case errors.As(err, &dns):
		return delivery.ClassDNS, fmt.Sprintf("The name server did not answer in time for %q.", dns.Name)
	case errors.As(err, &verification), errors.As(err, &unknownAuthority), errors.As(err, &hostname):
		return delivery.ClassTLS, "The receiver's certificate is not valid: " + lastWords(err) + "."
	case errors.As(err, &record), errors.As(err, &alert), strings.Contains(err.Error(), "tls: "),
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"),
		strings.Contains(err.Error(), "TLS handshake timeout"):
		return delivery.ClassTLS, "No secure connection could be agreed: " + lastWords(err) + "."
	case errors.As(err, &op) && op.Op == "dial" && op.Timeout():
		return delivery.ClassConnect, "The receiver did not take the connection in time."
	case errors.Is(err, syscall.ECONNREFUSED):
		return delivery.ClassConnect, "The receiver refused the connection: nothing listens there."
	case errors.As(err, &op) && op.Op == "dial":
		return delivery.ClassConnect, "The receiver could not be reached: " + lastWords(err) + "."
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return delivery.ClassTimeout, "The receiver did not answer in time."
	case isEnd(err):
		return delivery.ClassBody, "The receiver closed the connection before it had answered."
	case strings.Contains(err.Error(), "malformed MIME header"):
		return delivery.ClassOther, "The head of the receiver's answer is malformed, or broke off."
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), "readLoopPeekFail"):
		return delivery.ClassOther, "What answers there does not speak HTTP."
	default:
		return delivery.ClassOther, "The exchange failed: " + lastWords(err) + "."
	}
}

// isEnd reports whether err means that the other side ended the connection.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) ||
		strings.Contains(err.Error(), "server closed idle connection")
}

// lastWords is the innermost part of an error's text, short enough to show.
func lastWords(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	text := []rune(err.Error())
	if len(text) > 160 {
		text = append(text[:160], '…')
	}
	return string(text)
}
