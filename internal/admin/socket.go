package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// SocketFile is the socket's name in the data folder.
const SocketFile = "postern.sock"

// maxSocketPath is the length of a path that every system takes for a socket:
// sun_path has 104 bytes on macOS, 108 on Linux, of which one ends the path.
const maxSocketPath = 103

// socket is the server's end. Its Accept returns connections of the process's
// own user only.
type socket struct {
	*net.UnixListener
	path string
}

// listen makes the socket in a folder, in place of one that is left there.
func listen(dir string) (*socket, error) {
	path := filepath.Join(dir, SocketFile)
	info, err := os.Lstat(path)
	if err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("%s is there already and is no socket; remove it", path)
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	name, done, err := socketName(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: name})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false) // name may mean another file by then
	s := &socket{UnixListener: ln, path: path}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close(), s.remove())
	}
	return s, nil
}

// Accept waits for a connection of the process's own user. The modes of the
// socket and the folder keep others out; this holds where somebody has changed
// them.
func (s *socket) Accept() (net.Conn, error) {
	for {
		conn, err := s.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if checkPeer(conn, os.Geteuid()) == nil {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// errForeign says that the other end of a connection belongs to another user.
var errForeign = errors.New("the socket for commands in the data folder belongs to another user")

// checkPeer returns an error that wraps errForeign where the other end of a
// connection is known to belong to another user.
func checkPeer(conn *net.UnixConn, user int) error {
	if uid, known := peerOf(conn); known && uid != user {
		return fmt.Errorf("%w, uid %d; nothing was sent to it; look at who may write to the folder, and remove %s",
			errForeign, uid, SocketFile)
	}
	return nil
}

// remove removes the socket from the folder, so that commands don't find it.
func (s *socket) remove() error {
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the socket for commands: %w", err)
	}
	return nil
}

// dial connects to the socket in a folder. The server must run as user: the
// command may send it a password.
func dial(ctx context.Context, dir string, user int) (net.Conn, error) {
	name, done, err := socketName(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", name)
	if err != nil {
		return nil, err
	}
	if err := checkPeer(conn.(*net.UnixConn), user); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// socketName returns a path of the socket that is short enough to bind and
// connect to, and is good until done is called. Where the folder's own is too
// long, it leads through the open folder.
func socketName(dir string) (name string, done func(), err error) {
	path := filepath.Join(dir, SocketFile)
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, fmt.Errorf("the path of the socket %s has more than %d bytes; choose a data folder with a shorter path",
			path, maxSocketPath)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return filepath.Join("/proc/self/fd", strconv.Itoa(int(folder.Fd())), SocketFile), func() { _ = folder.Close() }, nil
}
