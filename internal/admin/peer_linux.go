package admin

import (
	"net"
	"syscall"
)

// peerOf returns the user that a connection's other end belongs to, or -1,
// which is none, where the system can't tell.
func peerOf(conn *net.UnixConn) (uid int, known bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, true
	}
	uid = -1
	_ = raw.Control(func(fd uintptr) {
		if credentials, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil {
			uid = int(credentials.Uid)
		}
	})
	return uid, true
}
