package event_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"postern/internal/event"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		reference, "[" + reference + "]", with() + "\n" + with(), with() + "\r\n\r\n", "", "[]", "{}", "[1,{}]", `{"[x":1}` + "\n{}",
		with("data", ` { "a" : [ 1.0 , "\u00e9" ] } `), with("camera_id", "null"), with("timestamp", `"2026-03-19T10:32:15.1234567-01:00"`),
		"{\"source\":\"\xff\"}", `{"data":{"a":1,"a":2}}`, with("id", `"recent"`), "\ufeff" + with() + ",\n" + with(),
		with() + "\n" + with()[:20] + "\n" + with(), with("timestamp", "1774180800.5"), `{"a":'\ud800`, "{\x00}\x00",
		with("data", `{"a":"\ud83d\ude00\u2028"}`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		events, err := event.Decode(body, now)
		if !bytes.Equal(body, before) {
			t.Error("Decode changed the body")
		}
		if err != nil {
			invalid := refuse(t, string(body))
			if !utf8.ValidString(invalid.Detail) || invalid.Detail == "" || len(events) > 0 {
				t.Errorf("%d events, detail %q", len(events), invalid.Detail)
			}
			for _, f := range invalid.Fields {
				if f.Index == nil || *f.Index < 0 || f.Line < 1 || f.Line > 1+bytes.Count(body, []byte{'\n'}) ||
					!utf8.ValidString(f.Field+f.Message) || !strings.HasSuffix(f.Message, ".") {
					t.Errorf("%q is refused with %+v", body, f)
				}
			}
			return
		}
		if len(events) == 0 {
			t.Error("nothing was accepted, and nothing refused")
		}
		for _, e := range events {
			checkAccepted(t, e)
		}
	})
}

// checkAccepted holds for whatever Decode takes.
func checkAccepted(t *testing.T, e *event.Event) {
	if !json.Valid(e.JSON()) {
		t.Fatalf("not JSON to encoding/json: %q", e.JSON())
	}
	if !e.Type.Valid() || !event.ValidID(e.ID) || e.Source == "" || e.Data[0] != '{' {
		t.Fatalf("accepted %q", e.JSON())
	}
	if len(e.JSON()) > event.MaxEventBytes {
		return // the fields that were filled in took it over the limit
	}
	again, err := event.Decode(e.JSON(), now.AddDate(1, 0, 0))
	if err != nil || len(again) != 1 {
		t.Fatalf("%q was accepted but isn't again: %v", e.JSON(), err)
	}
	if !bytes.Equal(again[0].JSON(), e.JSON()) || !again[0].SameContent(e) {
		t.Errorf("%q became %q", e.JSON(), again[0].JSON())
	}
	var std struct {
		ID, Type, Source string
		Camera           *string `json:"camera_id"`
	}
	if err := json.Unmarshal(e.JSON(), &std); err != nil {
		t.Fatal(err)
	}
	if std.ID != e.ID || std.Type != e.Type.String() || std.Source != e.Source || (std.Camera != nil) != (e.Camera != "") ||
		std.Camera != nil && *std.Camera != e.Camera {
		t.Errorf("encoding/json reads %q as %+v", e.JSON(), std)
	}
}

func FuzzPackID(f *testing.F) {
	for _, seed := range []string{"", "evt_", "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210", "evt_9F8E7D6C-5b4a-3210-fedc-ba9876543210",
		"evt_------------------------------------"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		packed := event.PackID(id)
		if packed == nil {
			return
		}
		if len(packed) != 16 || !event.ValidID(id) {
			t.Errorf("PackID(%q) = %x", id, packed)
		}
		if again := event.UnpackID(packed); again != id {
			t.Errorf("%q came back as %q", id, again)
		}
	})
}

func FuzzFilterText(f *testing.F) {
	f.Add("zoë", "Zoë Ångström", "cam", uint8(3))
	f.Add("İ", "i̇", "ſ", uint8(1))
	f.Add("", "\xff", "K", uint8(0))
	f.Add("\xff", "a\xffb", "", uint8(255))
	f.Fuzz(func(t *testing.T, text, label, camera string, at uint8) {
		data, err := json.Marshal(map[string]any{"label": label, "n": 1})
		if err != nil {
			t.Skip()
		}
		body := with("id", `"Fixed-1"`, "data", string(data))
		if name, err := json.Marshal(camera); err == nil && camera != "" {
			body = with("id", `"Fixed-1"`, "data", string(data), "camera_id", string(name))
		}
		events, err := event.Decode([]byte(body), now)
		if err != nil {
			t.Skip()
		}
		e := events[0]
		filter := event.Filter{Text: text}
		matched := filter.Match(e)
		want := text == ""
		for _, field := range e.Fields() {
			if field.Name == "label" {
				label = field.Text()
			}
		}
		for _, s := range []string{e.ID, e.Source, e.Camera, label} {
			want = want || event.Fold(text) != "" && strings.Contains(event.Fold(s), event.Fold(text))
		}
		if matched != want {
			t.Errorf("%q in %q: Match is %t", text, e.JSON(), matched)
		}
		// Any piece of what is there is found, but for marks alone and a part
		// of a syllable.
		if runes := []rune(label); len(runes) > 0 {
			piece := string(runes[int(at)%len(runes):])
			if event.Fold(piece) != "" && norm.NFKC.PropertiesString(piece).BoundaryBefore() && !(&event.Filter{Text: piece}).Match(e) {
				t.Errorf("%q isn't found in %q", piece, e.JSON())
			}
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("ZDEy", false)
	f.Add(event.FormatCursor(1<<62, true), true)
	f.Fuzz(func(t *testing.T, s string, ascending bool) {
		seq, ok := event.ParseCursor(s, ascending)
		if ok && (seq < 1 || event.FormatCursor(seq, ascending) != s) {
			t.Errorf("%q gave %d", s, seq)
		}
	})
}

func FuzzMoment(f *testing.F) {
	for _, s := range []string{"-15m", "-7d", "today", "today+05:30", "2026-03-19T10:32:15+00:00", "-4294967295w"} {
		f.Add(s)
	}
	now := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		at, relative, err := event.ParseMoment(s, now, nil)
		if err == nil && relative && (at.After(now) || at.Year() < 1900) {
			t.Errorf("%q is %v", s, at)
		}
	})
}
