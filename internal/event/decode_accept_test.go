package event_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

func TestDecodeTakesOneEventAnArrayOrOneALine(t *testing.T) {
	a, b, c := with("id", `"a"`), with("id", `"b"`), with("id", `"c"`)
	for name, tc := range map[string]struct{ body, ids string }{
		"one event":               {a, "a"},
		"one, space around":       {" \r\n\t" + a + " \n", "a"},
		"one, spread over lines":  {strings.ReplaceAll(a, ",", ",\r\n  "), "a"},
		"array":                   {"[" + a + "," + b + "," + c + "]", "a b c"},
		"array of one":            {"[" + a + "]", "a"},
		"array, space everywhere": {"\n[ " + a + " ,\n\t" + b + "\r\n]\n", "a b"},
		"lines":                   {a + "\n" + b + "\n" + c + "\n", "a b c"},
		"lines, no final newline": {a + "\n" + b, "a b"},
		"lines with CRLF":         {a + "\r\n" + b + "\r\n", "a b"},
		"lines with blank ones":   {"\n\n" + a + "\n\n \n" + b + "\n\n\r\n", "a b"},
		"one after another":       {a + b, "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			var ids []string
			for _, e := range accept(t, tc.body) {
				ids = append(ids, e.ID)
			}
			if got := strings.Join(ids, " "); got != tc.ids {
				t.Errorf("got the events %s, want %s", got, tc.ids)
			}
		})
	}
}

func TestDecodeReadsEveryField(t *testing.T) {
	e := acceptOne(t, reference)
	if e.ID != "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210" || e.Type != event.FaceMatched || e.Source != "face_pipeline" ||
		e.Camera != "lobby-cam-1" {
		t.Errorf("got id %q, type %s, source %q, camera %q", e.ID, e.Type, e.Source, e.Camera)
	}
	if want := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC); !e.Time.Equal(want) || e.Time.Location() != time.UTC {
		t.Errorf("the time is %s, want %s", e.Time, want)
	}
	if want := `{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"}`; string(e.Data) != want {
		t.Errorf("data is %s, want %s", e.Data, want)
	}
	if e.Stamped || e.Seq != 0 || !e.Received.IsZero() {
		t.Errorf("stamped %t, seq %d, received %s before the log has it", e.Stamped, e.Seq, e.Received)
	}
}

func TestDecodeFillsInWhatMayBeLeftOut(t *testing.T) {
	e := acceptOne(t, with())
	if !strings.HasPrefix(e.ID, "evt_") || !event.ValidID(e.ID) || event.PackID(e.ID) == nil {
		t.Errorf("the id %q is not evt_ and a UUID", e.ID)
	}
	if want := now.Truncate(time.Microsecond); !e.Time.Equal(want) || !e.Stamped {
		t.Errorf("the time is %s (stamped %t), want %s, stamped", e.Time, e.Stamped, want)
	}
	if e.Camera != "" || string(e.Data) != "{}" {
		t.Errorf("camera %q, data %s, want none and {}", e.Camera, e.Data)
	}
	contains(t, string(e.JSON()), `"timestamp":"2026-03-19T10:32:15.123456+00:00"`, `"data":{}`, `"camera_id":null`)
}

func TestDecodeStampsWithUTCWhateverTheClocksZone(t *testing.T) {
	events, err := event.Decode([]byte(with()), now.In(time.FixedZone("", 5*3600)))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(events[0].JSON()), `"timestamp":"2026-03-19T10:32:15.123456+00:00"`)
}

func TestDecodeGivesEachEventItsOwnID(t *testing.T) {
	seen := make(map[string]bool)
	for _, e := range accept(t, strings.Repeat(with(), 100)) {
		seen[e.ID] = true
	}
	if len(seen) != 100 {
		t.Errorf("100 events got %d ids", len(seen))
	}
}

func TestDecode_nullMeansAbsent(t *testing.T) {
	for _, body := range []string{
		with(), with("id", "null"), with("timestamp", "null"), with("camera_id", "null"), with("data", "null"),
		with("id", "null", "timestamp", " null ", "camera_id", "null", "data", "null"),
	} {
		e := acceptOne(t, body)
		if !strings.HasPrefix(e.ID, "evt_") || !e.Stamped || !e.Time.Equal(now.Truncate(time.Microsecond)) || e.Camera != "" ||
			string(e.Data) != "{}" {
			t.Errorf("%s became %s (stamped %t)", body, e.JSON(), e.Stamped)
		}
		again := acceptOne(t, with("id", `"`+e.ID+`"`))
		if !again.SameContent(e) {
			t.Errorf("%s is not the same as without its nulls", body)
		}
	}
}

func TestDecodeTakesNamesOfUpTo128Characters(t *testing.T) {
	// Characters, not bytes: these have three each.
	name := strings.Repeat("世", event.MaxNameLength)
	e := acceptOne(t, with("source", strconv.Quote(name), "camera_id", strconv.Quote(name)))
	if e.Source != name || e.Camera != name {
		t.Errorf("source %q, camera %q", e.Source, e.Camera)
	}
	again := acceptOne(t, string(e.JSON()))
	if again.Source != name || again.Camera != name {
		t.Errorf("after a round trip: source %q, camera %q", again.Source, again.Camera)
	}
}

func TestDecodeReadsEscapedNamesAndMembers(t *testing.T) {
	e := acceptOne(t, `{"\u0074ype":"line\u005fcrossed","sour\u0063e":"a \"b\" \\ \u00e9 \ud83d\ude00"}`)
	if e.Type != event.LineCrossed || e.Source != `a "b" \ é 😀` {
		t.Errorf("type %s, source %q", e.Type, e.Source)
	}
	if again := acceptOne(t, string(e.JSON())); again.Source != e.Source {
		t.Errorf("the source became %q in a round trip", again.Source)
	}
}

func TestDecodedEventsDontAliasTheBody(t *testing.T) {
	// The server's buffers are used again for the next request.
	body := []byte("[" + reference + "," + with("id", `"x"`, "camera_id", `"cam"`, "data", `{"a":"b"}`) + "]")
	before := bytes.Clone(body)
	events, err := event.Decode(body, now)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(body, before) {
		t.Error("Decode changed the body")
	}
	for i := range body {
		body[i] = '!'
	}
	for _, e := range events {
		if bytes.ContainsRune(e.JSON(), '!') || bytes.ContainsRune(e.Data, '!') || strings.Contains(e.ID+e.Source+e.Camera, "!") {
			t.Errorf("%s changed with the body", e.JSON())
		}
	}
}
