package auditlog

import (
	"encoding/binary"
	"testing"

	"postern/internal/event"
)

// FuzzAuditEncoding shows that no two entries have the same encoding: each
// can be read back from it.
func FuzzAuditEncoding(f *testing.F) {
	f.Add(int64(1), int64(0), "console", "root", "account.add", "Alice", "192.0.2.7", "done", `{"role":"viewer"}`)
	f.Add(int64(-1), int64(1<<62), "", "", "", "", "", "", "")
	f.Add(int64(7), int64(-5), "a", "bc", "ab", "c", "\x00", "\xff", "postern audit 1\x00")
	f.Fuzz(func(t *testing.T, n, at int64, kind, actor, action, target, address, outcome, details string) {
		if at < -(1<<60) || at > 1<<60 {
			at %= 1 << 60
		}
		e := Entry{N: n, At: event.FromMicro(at), ActorKind: kind, Actor: actor, Action: action, Target: target, Address: address,
			Outcome: outcome, Details: details}
		before := Hash{1, 2, 3}
		b := e.encode(before)
		const head = "postern audit 1\x00"
		if string(b[:len(head)]) != head || Hash(b[len(head):len(head)+32]) != before {
			t.Fatal("the head is wrong")
		}
		b = b[len(head)+32:]
		var got Entry
		got.N, got.At = int64(binary.BigEndian.Uint64(b)), event.FromMicro(int64(binary.BigEndian.Uint64(b[8:])))
		b = b[16:]
		for _, text := range []*string{&got.ActorKind, &got.Actor, &got.Action, &got.Target, &got.Address, &got.Outcome, &got.Details} {
			length, size := binary.Uvarint(b)
			*text, b = string(b[size:size+int(length)]), b[size+int(length):]
		}
		if len(b) != 0 || got != e {
			t.Errorf("read back %+v and %d more bytes, want %+v", got, len(b), e)
		}
	})
}
