package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/views/ui"
)

func TestAFlashIsReadOnceWhereItIsMeantFor(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)
	var f flashes
	message := Flash{Flash: ui.Flash{Text: "Done."}}
	id := f.put(now, "account 1 7", "/webhooks", message)
	for _, wrong := range []struct {
		after           time.Duration
		owner, path, id string
	}{
		{0, "account 1 8", "/webhooks", id}, // another session of the same person
		{0, "account 2 7", "/webhooks", id},
		{0, "", "/webhooks", id},
		{0, "account 1 7", "/settings/accounts", id},
		{0, "account 1 7", "/webhooks", strings.Repeat("0", 32)},
		{0, "account 1 7", "/webhooks", ""},
	} {
		if got, ok := f.take(now.Add(wrong.after), wrong.owner, wrong.path, wrong.id); ok {
			t.Errorf("%+v reads %q", wrong, got.Text)
		}
	}
	if got, ok := f.take(now.Add(flashTime-1), "account 1 7", "/webhooks", id); !ok || got.Text != "Done." {
		t.Errorf("%q, %t", got.Text, ok)
	}
	if _, ok := f.take(now, "account 1 7", "/webhooks", id); ok {
		t.Error("it is read twice")
	}
	late := f.put(now, "local 0", "/", message)
	if _, ok := f.take(now.Add(flashTime), "local 0", "/", late); ok || len(f.kept) != 0 {
		t.Errorf("it outlives its time; %d are kept", len(f.kept))
	}
}

func TestFlashesAreBoundedForEachAndForAll(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)
	var f flashes
	quiet := f.put(now, "quiet", "/", Said("quiet"))
	var ids []string
	for range maxFlashesEach + 5 {
		ids = append(ids, f.put(now, "busy", "/", Said("busy")))
	}
	if len(f.kept) != maxFlashesEach+1 {
		t.Errorf("%d are kept", len(f.kept))
	}
	for i, id := range ids {
		if _, ok := f.take(now, "busy", "/", id); ok != (i >= 5) {
			t.Errorf("message %d: %t", i, ok)
		}
	}
	if _, ok := f.take(now, "quiet", "/", quiet); !ok {
		t.Error("one principal drove out another's message")
	}
	for i := range maxFlashes + 50 {
		f.put(now, fmt.Sprint(i), "/", Said("many"))
	}
	if len(f.kept) != maxFlashes {
		t.Errorf("%d are kept", len(f.kept))
	}
}
