package webhook

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

	"postern/internal/webhook/egress"
)

// Class says where an attempt failed. Its number is what the database stores,
// so numbers are never reused.
type Class uint8

// The classes of failure; zero is success.
const (
	ClassNone    Class = iota // delivered
	ClassDNS                  // the name has no address
	ClassConnect              // no connection
	ClassTLS                  // no secure connection
	ClassTimeout              // no answer in time
	ClassStatus               // an answer other than 2xx
	ClassRefused              // an address that Postern may not call
	ClassBody                 // no whole answer: the connection or the stream ended
	ClassOther                // anything else
)

// classNames are the classes in the API; pages have words of their own.
var classNames = []string{
	ClassNone: "", ClassDNS: "dns", ClassConnect: "connect", ClassTLS: "tls", ClassTimeout: "timeout",
	ClassStatus: "status", ClassRefused: "refused", ClassBody: "body", ClassOther: "other",
}

// String returns the class's name in the API; empty for success.
func (c Class) String() string { return classNames[min(int(c), int(ClassOther))] }

// unanswered reports whether the receiver sent no response: no event can cause
// that.
func (c Class) unanswered() bool {
	switch c {
	case ClassDNS, ClassConnect, ClassTLS, ClassTimeout, ClassRefused:
		return true
	default:
		return false
	}
}

// classify finds out where an exchange failed and says so in a sentence that
// names no secret and no payload.
func classify(err error) (Class, string) {
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
		return ClassRefused, refused.Error()
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return ClassConnect, "The delivery proxy could not be reached: " + lastWords(err) + "."
	case errors.As(err, &dns) && !dns.IsTimeout:
		return ClassDNS, fmt.Sprintf("The name %q could not be resolved.", dns.Name)
	case errors.As(err, &dns):
		return ClassDNS, fmt.Sprintf("The name server did not answer in time for %q.", dns.Name)
	case errors.As(err, &verification), errors.As(err, &unknownAuthority), errors.As(err, &hostname):
		return ClassTLS, "The receiver's certificate is not valid: " + lastWords(err) + "."
	case errors.As(err, &record), errors.As(err, &alert), strings.Contains(err.Error(), "tls: "),
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"),
		strings.Contains(err.Error(), "TLS handshake timeout"):
		return ClassTLS, "No secure connection could be agreed: " + lastWords(err) + "."
	case errors.As(err, &op) && op.Op == "dial" && op.Timeout():
		return ClassConnect, "The receiver did not take the connection in time."
	case errors.Is(err, syscall.ECONNREFUSED):
		return ClassConnect, "The receiver refused the connection: nothing listens there."
	case errors.As(err, &op) && op.Op == "dial":
		return ClassConnect, "The receiver could not be reached: " + lastWords(err) + "."
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return ClassTimeout, "The receiver did not answer in time."
	case isEnd(err):
		return ClassBody, "The receiver closed the connection before it had answered."
	case strings.Contains(err.Error(), "malformed MIME header"):
		return ClassOther, "The head of the receiver's answer is malformed, or broke off."
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), "readLoopPeekFail"):
		return ClassOther, "What answers there does not speak HTTP."
	default:
		return ClassOther, "The exchange failed: " + lastWords(err) + "."
	}
}

// isEnd reports whether err means that the other side ended the connection.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
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
