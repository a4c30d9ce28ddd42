package event_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"postern/internal/event"
)

func TestNewIDsAreValidDistinctAndOrderedByTime(t *testing.T) {
	// Order is what keeps the store's index growing at one end.
	last := ""
	for range 1000 {
		id := event.NewID()
		if !event.ValidID(id) || event.PackID(id) == nil || !strings.HasPrefix(id, "evt_") || id[18] != '7' {
			t.Fatalf("%q is not evt_ and a UUIDv7", id)
		}
		if id <= last {
			t.Fatalf("%q comes after %q", id, last)
		}
		last = id
	}
}

func TestValidID(t *testing.T) {
	for _, id := range []string{"a", "A-_9", "-", "0", strings.Repeat("z", 128), "1710842535.123456-abc", "urn:nvr:7", "a.b", "...", ".a",
		"a.", ":", "a:", "..a", "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210", "recently"} {
		if !event.ValidID(id) {
			t.Errorf("%q is refused", id)
		}
	}
	for _, id := range []string{"", strings.Repeat("z", 129), ".", "..", "a b", "a/b", "a%3Ab", "a\"b", "a'b", "a,b", "a+b", "é", "a\n",
		"\x00", "recent", "types", "webhooks", "alerts", "stream", "export"} {
		if event.ValidID(id) {
			t.Errorf("%q is taken", id)
		}
	}
}

func TestPackedIDsComeBack(t *testing.T) {
	packed := make([]byte, 16)
	for range 1000 {
		for i := range packed {
			packed[i] = byte(rand.Uint32())
		}
		id := event.UnpackID(packed)
		if !event.ValidID(id) {
			t.Fatalf("UnpackID(%x) = %q, which is no id", packed, id)
		}
		if again := event.PackID(id); string(again) != string(packed) {
			t.Fatalf("PackID(%q) = %x, want %x", id, again, packed)
		}
	}
	if id := event.UnpackID(event.PackID("evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210")); id != "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210" {
		t.Errorf("the reference's id became %q", id)
	}
}

func TestOnlyExactFormsArePacked(t *testing.T) {
	// A packed id is unpacked in one form; another spelling would come back as
	// another id.
	for _, id := range []string{
		"", "evt_", "a", "9f8e7d6c-5b4a-3210-fedc-ba9876543210",
		"EVT_9f8e7d6c-5b4a-3210-fedc-ba9876543210",
		"evt_9F8E7D6C-5B4A-3210-FEDC-BA9876543210",
		"evt_9f8e7d6c-5b4a-3210-fedc-ba987654321",
		"evt_9f8e7d6c-5b4a-3210-fedc-ba98765432100",
		"evt_9f8e7d6c5b4a-3210-fedc-ba98765432100-",
		"evt_9f8e7d6c-5b4a-3210-fedc-ba987654321-",
		"evt_9f8e7d6c-5b4a-3210-fedc-ba987654321g",
		"evt_9f8e7d6c05b4a-3210-fedc-ba9876543210",
		"evt_9f8e7d6c-5b4a-3210-fedc_ba9876543210",
		"evt_------------------------------------",
	} {
		if packed := event.PackID(id); packed != nil {
			t.Errorf("PackID(%q) = %x, want nil", id, packed)
		}
	}
}
