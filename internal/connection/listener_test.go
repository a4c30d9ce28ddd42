package connection

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// failing is a listener that returns errors before its first connection.
type failing struct {
	errs []error
	then net.Conn
	at   []time.Time // of the calls
}

func (f *failing) Accept() (net.Conn, error) {
	f.at = append(f.at, time.Now())
	if len(f.errs) == 0 {
		return f.then, nil
	}
	err := f.errs[0]
	f.errs = f.errs[1:]
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", err)}
}

func (f *failing) Close() error   { return nil }
func (f *failing) Addr() net.Addr { return &net.TCPAddr{} }

func TestListener_waits_out_errors_that_pass(t *testing.T) {
	t.Parallel()
	for _, err := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED,
		syscall.EPROTO, syscall.ENETDOWN} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			l := New(Options{Limits: Limits{Total: 10, PerClient: 10}, Logger: slog.New(slog.NewTextHandler(&out, nil))})
			waiting, _, _ := l.admit(from("192.0.2.1"), time.Now())
			f := &failing{then: from("192.0.2.2")}
			for range 20 {
				f.errs = append(f.errs, err)
			}
			began := time.Now()
			conn, got := l.Listener(f).Accept()
			if got != nil || Of(conn) == nil {
				t.Fatalf("%v: %v", err, got)
			}
			if d := f.at[1].Sub(f.at[0]); d != firstAcceptWait {
				t.Errorf("%v: the first wait took %s", err, d)
			}
			if d := f.at[20].Sub(f.at[19]); d != lastAcceptWait {
				t.Errorf("%v: the last wait took %s", err, d)
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("%v: %s", err, took)
			}
			if s := l.Stats(); s.AcceptErrors != 20 {
				t.Errorf("%v: %+v", err, s)
			}
			if n := strings.Count(out.String(), "level=ERROR msg=\"connections can't be accepted\""); n != 1 {
				t.Errorf("%v: %d log lines: %s", err, n, out.String())
			}
			// A missing file descriptor is taken from a connection that waits.
			if want := err == syscall.EMFILE || err == syscall.ENFILE; Of(waiting).Conn.(*pipe).closed.Load() != want {
				t.Errorf("%v: the waiting connection is closed: %t", err, !want)
			}
			waiting.Close()
			conn.Close()
		})
	}
}

func TestListener_ends_at_other_errors_and_when_it_is_closed(t *testing.T) {
	t.Parallel()
	l := New(Options{Limits: Limits{Total: 10, PerClient: 10}})
	for _, err := range []error{syscall.EINVAL, syscall.EBADF, net.ErrClosed, errors.New("other")} {
		if _, got := l.Listener(&failing{errs: []error{err}}).Accept(); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		f := &failing{}
		for range 1000 {
			f.errs = append(f.errs, syscall.EMFILE)
		}
		ln := l.Listener(f)
		time.AfterFunc(10*time.Second, func() { ln.Close() })
		began := time.Now()
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) || time.Since(began) != 10*time.Second {
			t.Errorf("it ended with %v after %s", err, time.Since(began))
		}
		ln.Close() // twice does no harm
	})
}

// A refused client is told why; of very many at once, most are just closed.
func TestListener_tells_refused_clients_why(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	l := New(Options{Limits: Limits{Total: 1, PerClient: 1}, Refuse: func(conn net.Conn, reason Reason) {
		fmt.Fprint(conn, reason)
		<-release
	}})
	ln := l.Listener(inner)
	accepted := make(chan net.Conn)
	ended := make(chan error)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- conn
		}
	}()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		return conn
	}
	dial()
	held := <-accepted
	if !Of(held).Begin() {
		t.Fatal("it was displaced")
	}
	said := make([]byte, len("client_full"))
	for range maxAway {
		if n, _ := dial().Read(said); string(said[:n]) != "client_full" {
			t.Fatalf("it was told %q", said[:n])
		}
	}
	if n, err := dial().Read(said); err == nil {
		t.Fatalf("one more was told %q", said[:n])
	}
	close(release)
	held.Close()
	dial()
	(<-accepted).Close()
	ln.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if s := l.Stats(); s.Refused[ClientFull] != maxAway+1 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}
