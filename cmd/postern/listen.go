package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
)

// firstInheritedFile is the first file descriptor after standard error, where
// a service manager puts the sockets that it listens on (sd_listen_fds(3)).
const firstInheritedFile = 3

// maxInherited is the largest LISTEN_FDS that is accepted.
const maxInherited = 16

// listen returns the sockets to serve on: those that a service manager has
// opened for this process, or else the one that --listen names. The address
// decides whether keys are needed, so it is taken from the sockets themselves.
func (f *serveFlags) listen() ([]net.Listener, error) {
	inherited, err := inheritedListeners()
	if err != nil || len(inherited) > 0 {
		f.loopback = true
		for _, ln := range inherited {
			f.Listen = ln.Addr().String()
			f.loopback = f.loopback && ln.Addr().(*net.TCPAddr).IP.IsLoopback()
		}
		return inherited, err
	}
	host, port, err := net.SplitHostPort(f.Listen)
	if err != nil {
		return nil, err
	}
	if isLocalhost(host) {
		return listenLocalhost(localhostAddresses, port)
	}
	ln, err := net.Listen("tcp", f.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another address with --listen", f.Listen, listenCause(err))
	}
	return []net.Listener{ln}, nil
}

// inheritedListeners returns the TCP sockets that a service manager has opened
// for this process, such as systemd with a .socket unit; none where the process
// inherited no sockets. They stay open in the manager while Postern restarts:
// connections are queued there meanwhile, and none is refused.
func inheritedListeners() ([]net.Listener, error) {
	pid, count := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		_ = os.Unsetenv(name) // child processes must not inherit them
	}
	if pid != strconv.Itoa(os.Getpid()) {
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > maxInherited {
		return nil, fmt.Errorf("LISTEN_FDS is not a number from 0 to %d; look at the socket's unit", maxInherited)
	}
	var listeners []net.Listener
	for fd := firstInheritedFile; fd < firstInheritedFile+n; fd++ {
		syscall.CloseOnExec(fd)
		file := os.NewFile(uintptr(fd), "inherited socket")
		ln, err := net.FileListener(file)
		file.Close()
		if err == nil {
			if _, ok := ln.Addr().(*net.TCPAddr); !ok {
				ln.Close()
				err = errors.New("it doesn't listen on a TCP port")
			}
		}
		if err != nil {
			closeAll(listeners)
			return nil, fmt.Errorf("the socket that the service manager hands over can't be served: %w; "+
				"write ListenStream=ADDRESS:PORT and Accept=no in its unit", err)
		}
		listeners = append(listeners, ln)
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) {
	for _, ln := range listeners {
		_ = ln.Close()
	}
}

// listenCause returns the system's error without the address, which the message has
// already.
func listenCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
