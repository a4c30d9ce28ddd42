package secretbox

import (
	"bytes"
	"errors"
	"testing"
)

func TestBox_EncryptsFiles(t *testing.T) {
	t.Parallel()
	box := func(b byte) *Box {
		box, err := New(bytes.Repeat([]byte{b}, KeyBytes))
		if err != nil {
			t.Fatal(err)
		}
		return box
	}
	one, other := box(1), box(2)
	content := []byte("the content of a file")
	file := one.EncryptFile(content)
	if bytes.Contains(file, content) || !bytes.Equal(file, one.EncryptFile(content)) {
		t.Error("a file isn't encrypted, or not always to the same bytes")
	}
	if bytes.Equal(file, other.EncryptFile(content)) || bytes.Equal(file[:40], one.EncryptFile([]byte("another content"))[:40]) {
		t.Error("another key or content has the same file or nonce")
	}
	if got, err := one.DecryptFile(file); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := other.DecryptFile(file); !errors.Is(err, ErrKey) {
		t.Errorf("with another key: %v", err)
	}
	for i := range file {
		changed := bytes.Clone(file)
		changed[i] ^= 1
		if _, err := one.DecryptFile(changed); err == nil {
			t.Errorf("a change of byte %d isn't noticed", i)
		}
	}
	for _, length := range []int{0, 5, 20} {
		if _, err := one.DecryptFile(file[:length]); err == nil {
			t.Errorf("%d bytes are a file", length)
		}
	}
}
