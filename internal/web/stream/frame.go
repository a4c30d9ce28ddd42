package stream

import (
	"encoding/binary"
	"math"

	"github.com/gofiber/websocket/v2"
)

// First bytes of unfragmented frames (RFC 6455, 5.2).
const (
	frameText = 0x80 | websocket.TextMessage
	framePing = 0x80 | websocket.PingMessage
	framePong = 0x80 | websocket.PongMessage
)

// appendFrame encodes a message as a server's frame, which has no mask. A ping
// precedes a heartbeat.
//
// The websocket library could do this with its PreparedMessage, of which one
// serves all sockets. But it writes every message with a system call of its own,
// and a stream writes all events of a read with one: a burst of 32 events to 200
// sockets took 2.8 to 9 times as long with PreparedMessage. One event alone took
// about as long either way. BenchmarkSocketBurst measures both.
func appendFrame(b []byte, kind messageKind, _ int64, head, tail []byte) []byte {
	if kind == heartbeatMessage {
		b = append(b, framePing, 0)
	}
	switch n := len(head) + len(tail); {
	case n < 126:
		b = append(b, frameText, byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, frameText, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, frameText, 127), uint64(n))
	}
	return append(append(b, head...), tail...)
}
