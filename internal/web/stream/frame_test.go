package stream

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
)

func TestAppendFrame_FollowsRFC6455(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 125, 126, math.MaxUint16, math.MaxUint16 + 1} {
		payload := bytes.Repeat([]byte("x"), n)
		b := appendFrame([]byte("before"), eventMessage, 8, payload[:n/2], payload[n/2:])[len("before"):]
		size, head := int(b[1]), 2
		switch size {
		case 126:
			size, head = int(binary.BigEndian.Uint16(b[2:])), 4
		case 127:
			size, head = int(binary.BigEndian.Uint64(b[2:])), 10
		}
		if b[0] != 0x81 || size != n || !bytes.Equal(b[head:], payload) {
			t.Errorf("%d bytes: %x", n, b[:head])
		}
	}
}
