package send

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/snapshot"
	"postern/internal/webhook/webhooktest"
)

func TestPseudonymousPayloadDiffersInNothingElse(t *testing.T) {
	t.Parallel()
	p, e := NewPayloads([]byte("key"), ""), webhooktest.Decode(t, webhooktest.Personal)
	body := p.Encode(e, delivery.PayloadPseudonymous)
	if bytes.Contains(body, []byte("Alice")) || bytes.Contains(body, []byte("abc-123")) {
		t.Fatalf("%s", body)
	}
	data := webhooktest.DataOf(t, body)
	restored := strings.ReplaceAll(string(body), data["identity_id"].(string), "abc-123")
	restored = strings.ReplaceAll(restored, data["label"].(string), "Alice Smith")
	if restored != string(e.JSON()) {
		t.Errorf("%s\ndiffers from\n%s", body, e.JSON())
	}
	if found := webhooktest.PseudonymForm.FindAll(body, -1); len(found) != 2 || data["identity_id"] == data["label"] {
		t.Errorf("the pseudonyms are %q", found)
	}
	// It is what anybody with the key would make of it.
	mac := hmac.New(sha256.New, []byte("key"))
	fmt.Fprintf(mac, "label\x00Alice Smith")
	if want := "psn_" + hex.EncodeToString(mac.Sum(nil)[:16]); data["label"] != want {
		t.Errorf("the label is %v, want %s", data["label"], want)
	}
}

func TestThinPayloadHasALinkAndNoData(t *testing.T) {
	t.Parallel()
	public, err := ParsePublicURL("https://postern.example.com:8443/")
	if err != nil {
		t.Fatal(err)
	}
	p, e := NewPayloads(nil, public), webhooktest.Decode(t, webhooktest.Personal)
	want := strings.TrimSuffix(string(e.JSON()), "}")
	want = strings.Replace(want, string(e.Data), "{}", 1) + `,"url":"https://postern.example.com:8443/api/v1/events/evt-1"}`
	if body := p.Encode(e, delivery.PayloadThin); string(body) != want || !json.Valid(body) {
		t.Errorf("%s\nwant\n%s", body, want)
	}
	if full := p.Encode(e, delivery.PayloadFull); &full[0] != &e.JSON()[0] {
		t.Error("the full payload is a copy")
	}
}

// Every payload links an event's snapshot, by a whole address where there is one.
func TestPayloadsLinkTheSnapshot(t *testing.T) {
	t.Parallel()
	e := webhooktest.Decode(t, webhooktest.Personal).WithSnapshot(&snapshot.Info{Format: snapshot.JPEG, Width: 640, Height: 360})
	for _, public := range []string{"", "https://postern.example.com"} {
		p := NewPayloads([]byte("key"), public)
		for _, kind := range []delivery.Payload{delivery.PayloadFull, delivery.PayloadPseudonymous, delivery.PayloadThin} {
			var sent struct{ Snapshot map[string]any }
			if err := json.Unmarshal(p.Encode(e, kind), &sent); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{"url": public + "/api/v1/events/evt-1/snapshot", "type": "image/jpeg", "width": 640.0, "height": 360.0}
			if !maps.Equal(sent.Snapshot, want) {
				t.Errorf("%s with %q: %v", kind, public, sent.Snapshot)
			}
		}
	}
}

func TestParsePublicURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{"": "", "https://a.example": "https://a.example",
		"http://10.0.0.1:8000/": "http://10.0.0.1:8000"} {
		if got, err := ParsePublicURL(raw); err != nil || got != want {
			t.Errorf("%q: %q, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"a.example", "ftp://a.example", "https://", "https://a.example/x", "https://u@a.example",
		"https://a.example?x", "https://a.example/#", "https://a\".example"} {
		if got, err := ParsePublicURL(raw); err == nil {
			t.Errorf("%q was taken as %q", raw, got)
		}
	}
}

// Each payload is made once per event however many endpoints share it, and
// the memory for that is bounded.
func TestPayloadsAreMadeOncePerEvent(t *testing.T) {
	t.Parallel()
	p, e := NewPayloads([]byte("key"), "https://a.example"), webhooktest.Decode(t, webhooktest.Personal)
	e.Seq = 7
	again := webhooktest.Decode(t, webhooktest.Personal) // as it is read from the store
	again.Seq = 7
	for _, kind := range []delivery.Payload{delivery.PayloadPseudonymous, delivery.PayloadThin} {
		bodies := make([][]byte, 16)
		var all sync.WaitGroup
		for i := range bodies {
			all.Go(func() { bodies[i] = p.Encode([]*event.Event{e, again}[i%2], kind) })
		}
		all.Wait()
		for _, body := range bodies {
			if &body[0] != &bodies[0][0] {
				t.Errorf("%s was made more than once", kind)
			}
		}
	}
	erased := webhooktest.Decode(t, strings.Replace(webhooktest.Personal, "Alice Smith", "Bob", 1))
	erased.Seq = 7
	if bytes.Equal(p.Encode(erased, delivery.PayloadPseudonymous), p.Encode(e, delivery.PayloadPseudonymous)) {
		t.Error("another event at the same place gets the payload of the one before")
	}
	for seq := range int64(100_000) {
		e.Seq = seq + 1
		p.Encode(e, delivery.PayloadThin)
	}
	if most := 2 * (maxEncodedBytes/len(e.JSON()) + 2); len(p.recent)+len(p.older) > most {
		t.Errorf("%d payloads are kept, want at most %d", len(p.recent)+len(p.older), most)
	}
}
