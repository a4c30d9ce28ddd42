package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// localhostAddresses are the addresses of localhost (RFC 6761, 6.3); the system's
// files aren't consulted. Clients connect to either address first. If
// Postern listened on one alone, some clients would fail to connect or reach
// another program.
var localhostAddresses = []string{"127.0.0.1", "::1"}

// localhostAttempts bounds the search for a port that is free on both addresses
// when the system chooses the port.
const localhostAttempts = 20

func isLocalhost(host string) bool { return strings.EqualFold(host, "localhost") }

// listenLocalhost listens on the addresses of localhost, with one port. A
// machine without IPv6, or without IPv4, has one of them.
func listenLocalhost(addresses []string, port string) ([]net.Listener, error) {
	for attempt := 1; ; attempt++ {
		listeners, err := listenOnAll(addresses, port)
		// A port of the system's choice may be taken on the other address.
		if port == "0" && errors.Is(err, syscall.EADDRINUSE) && attempt < localhostAttempts {
			continue
		}
		return listeners, err
	}
}

func listenOnAll(addresses []string, port string) ([]net.Listener, error) {
	var listeners []net.Listener
	var missing error
	for _, ip := range addresses {
		address := net.JoinHostPort(ip, port)
		ln, err := net.Listen("tcp", address)
		if err == nil {
			listeners = append(listeners, ln)
			_, port, _ = net.SplitHostPort(ln.Addr().String())
			continue
		}
		if noSuchAddress(err) {
			missing = err
			continue
		}
		closeAll(listeners)
		return nil, refusedLocalhost(address, port, listeners, err)
	}
	if len(listeners) == 0 {
		return nil, fmt.Errorf("listen on localhost: %w; this machine has neither 127.0.0.1 nor ::1, so name another address with --listen",
			listenCause(missing))
	}
	return listeners, nil
}

// noSuchAddress reports whether the machine lacks an address, or its whole
// family.
func noSuchAddress(err error) bool {
	for _, cause := range []error{syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// refusedLocalhost says why Postern can't listen on one address of localhost,
// and how to serve the other one alone.
func refusedLocalhost(address, port string, others []net.Listener, err error) error {
	if len(others) == 0 || !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on %s: %w; choose another address with --listen", address, listenCause(err))
	}
	return fmt.Errorf("listen on %s: %w: another program listens there, and clients of localhost may reach it instead of Postern; stop it, "+
		"choose another port with --listen localhost:PORT, or serve IPv4 alone with --listen 127.0.0.1:%s",
		address, listenCause(err), port)
}
