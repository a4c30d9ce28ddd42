package connection

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// maxAway is the number of refused connections that get a reason at a time; others are
// closed without one.
const maxAway = 64

// Waits after an error of accept, which double from the first to the last.
const (
	firstAcceptWait = 5 * time.Millisecond
	lastAcceptWait  = time.Second
)

// Listener accepts connections that the limiter admits.
func (l *Limiter) Listener(ln net.Listener) net.Listener {
	return &listener{Listener: ln, limiter: l, ended: make(chan struct{})}
}

type listener struct {
	net.Listener
	limiter *Limiter
	ended   chan struct{}
	end     sync.Once
}

// Accept returns the next connection that the limiter admits. It waits after temporary
// errors, and tries again.
func (ln *listener) Accept() (net.Conn, error) {
	wait := firstAcceptWait
	for {
		raw, err := ln.Listener.Accept()
		if err != nil {
			if !passes(err) {
				return nil, err
			}
			ln.limiter.acceptFailed(err)
			select {
			case <-ln.ended:
				return nil, net.ErrClosed
			case <-time.After(wait):
			}
			wait = min(2*wait, lastAcceptWait)
			continue
		}
		wait = firstAcceptWait
		conn, reason, ok := ln.limiter.admit(raw, time.Now())
		if ok {
			return conn, nil
		}
		ln.limiter.turnAway(raw, reason)
	}
}

// Close ends the listener, and a wait in Accept.
func (ln *listener) Close() error {
	ln.end.Do(func() { close(ln.ended) })
	return ln.Listener.Close()
}

// passing are the errors of accept(2) that say nothing about the listener: a
// lack of descriptors or memory, or an error of the connection that was to be
// accepted.
var passing = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EINTR, syscall.EAGAIN, syscall.EPERM, syscall.EPROTO, syscall.ENOPROTOOPT,
	syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.EOPNOTSUPP, syscall.ETIMEDOUT,
}

func passes(err error) bool {
	for _, e := range passing {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// acceptFailed counts an error of accept. Where a file descriptor is missing,
// it closes the connection that has waited longest.
func (l *Limiter) acceptFailed(err error) {
	l.acceptErrors.Add(1)
	l.logAccept.Add(1, slog.Any("error", err))
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		l.displaceAny()
	}
}

// turnAway ends a connection that was refused. It sends the reason where that
// needs no TLS handshake.
func (l *Limiter) turnAway(conn net.Conn, reason Reason) {
	l.refused[reason].Add(1)
	l.logRefused.Add(1, slog.String("reason", reason.String()), slog.Int("max_connections", l.limits.Total),
		slog.Int("max_per_client", l.limits.PerClient))
	if _, secure := conn.(*tls.Conn); secure || l.refuse == nil {
		cut(conn)
		return
	}
	select {
	case l.away <- struct{}{}:
	default:
		cut(conn)
		return
	}
	go func() {
		defer func() { <-l.away }()
		defer conn.Close()
		l.refuse(conn, reason)
	}()
}
