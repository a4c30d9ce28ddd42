package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/user"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/access"
	"postern/internal/problem"
	"postern/internal/store"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// How long Open waits for a process that has the folder and doesn't answer
// yet: a Postern that is starting or stopping, or another command.
const (
	openTimeout = 10 * time.Second
	openPause   = 50 * time.Millisecond
)

// helloTimeout bounds how long Open waits for the answer of a Postern whose
// socket takes connections: it may be stopped, or all its connections in use.
const helloTimeout = 10 * time.Second

// maxAnswerBytes bounds the answer to a call.
const maxAnswerBytes = 64 << 20

// Options are what a command is run with.
type Options struct {
	Version string // of the program
	Key     []byte // the key of the store that the command was given; nil for none

	hello time.Duration // helloTimeout but for tests
}

// Client makes a command's calls. It isn't for concurrent use.
type Client struct {
	send  func(ctx context.Context, name string, arguments []byte) ([]byte, error)
	close func() error
}

// Open returns a client of the Postern that serves the data folder, or else one
// that has opened the folder itself; then no Postern can start until Close.
func Open(ctx context.Context, dir string, opts Options) (*Client, error) {
	if err := database.OwnFolder(dir); err != nil {
		return nil, err
	}
	if opts.hello == 0 {
		opts.hello = helloTimeout
	}
	for end := time.Now().Add(openTimeout); ; {
		c, err := connect(ctx, dir, opts)
		if errors.Is(err, errNoAnswer) {
			c, err = openFolder(ctx, dir, opts)
		}
		if !errors.Is(err, database.ErrLocked) {
			return c, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("the process that has the data folder doesn't answer commands: it is still starting, "+
				"or is an earlier version of Postern, or another command; try again, or use that version's program (%w)", err)
		}
		select {
		case <-time.After(openPause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close lets go of the folder or of the connection.
func (c *Client) Close() error { return c.close() }

// errNoAnswer says that a call has no answer: no Postern serves the folder, or
// it ended meanwhile.
var errNoAnswer = errors.New("the Postern that serves the data folder doesn't answer")

// errSilent says that a Postern serves the folder and doesn't answer in time.
var errSilent = problem.New(problem.Unavailable, "The Postern that serves this folder doesn't answer.")

// connect returns a client of the Postern that serves the folder. Its error is
// errNoAnswer where there is none, and errSilent where it doesn't answer within
// opts.hello.
func connect(ctx context.Context, dir string, opts Options) (*Client, error) {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dial(ctx, dir, os.Geteuid())
	}}
	c := &Client{
		send: func(ctx context.Context, name string, arguments []byte) ([]byte, error) {
			return post(ctx, transport, name, arguments, opts)
		},
		close: func() error { transport.CloseIdleConnections(); return nil },
	}
	hello, cancel := context.WithTimeout(ctx, opts.hello)
	defer cancel()
	_, err := ask[nothing](hello, c, "hello", nothing{})
	if err == nil {
		return c, nil
	}
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = errSilent
	}
	return nil, errors.Join(err, c.Close())
}

// openFolder returns a client that makes the calls in this process. Its error
// is database.ErrLocked where another process has the folder.
func openFolder(ctx context.Context, dir string, opts Options) (*Client, error) {
	j, err := store.OpenForCommand(ctx, dir, store.Options{Key: opts.Key})
	if err != nil {
		return nil, err
	}
	rights, err := access.New(ctx, j, access.Options{})
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return &Client{send: Services{Store: j, Access: rights}.run, close: j.Close}, nil
}

// post sends a call through the socket.
func post(ctx context.Context, transport http.RoundTripper, name string, arguments []byte, opts Options) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://postern/"+name, bytes.NewReader(arguments))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(versionHeader, opts.Version)
	if opts.Key != nil {
		r.Header.Set(keyHeader, secretbox.Fingerprint(opts.Key))
	}
	res, err := transport.RoundTrip(r)
	if errors.Is(err, errForeign) {
		return nil, err
	}
	if err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("%w: %w", errNoAnswer, err))
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes))
	if err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("%w: %w", errNoAnswer, err))
	}
	if res.StatusCode == http.StatusOK {
		return answer, nil
	}
	var f failure
	if err := json.Unmarshal(answer, &f); err != nil || f.Detail == "" {
		return nil, fmt.Errorf("the Postern that serves the data folder answers %s", res.Status)
	}
	return nil, errors.New(f.Detail)
}

// ask makes a call and reads its result.
func ask[Out any](ctx context.Context, c *Client, name string, arguments any) (out Out, err error) {
	b, err := encode(arguments)
	if err != nil {
		return out, err
	}
	if b, err = c.send(ctx, name, b); err != nil {
		return out, err
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, fmt.Errorf("read the result of %s: %w", name, err)
	}
	return out, nil
}

// tell makes a call that has no result.
func tell(ctx context.Context, c *Client, name string, arguments any) error {
	_, err := ask[nothing](ctx, c, name, arguments)
	return err
}

// Actor is the user who runs commands, as the audit names them. Only the user
// that a Postern runs as can run its commands, so both ends agree.
func Actor() access.Actor {
	name := "user " + strconv.Itoa(os.Geteuid())
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return access.ConsoleActor(name)
}
