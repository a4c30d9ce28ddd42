package eventlist

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/event"
	"postern/views/ui"
)

func TestSentenceSaysWhatHappened(t *testing.T) {
	for name, tc := range map[string]struct {
		typ          event.Type
		camera, data string
		want         string
	}{
		"face detected": {event.FaceDetected, "lobby-cam-1", event.FaceDetected.Info().Example,
			"Face detected at lobby-cam-1, confidence 98 %"},
		"face matched": {event.FaceMatched, "lobby-cam-1", `{"label":"Alice Smith","similarity":0.91,"watchlist":"vip"}`,
			"Alice Smith matched at lobby-cam-1, similarity 91 %, vip"},
		"watchlist alert": {event.WatchlistAlert, "gate-7", event.WatchlistAlert.Info().Example,
			"Alice Smith, on watchlist vip, seen at gate-7, similarity 93 %"},
		"liveness passed": {event.LivenessPassed, "reception-kiosk", event.LivenessPassed.Info().Example,
			"Liveness check passed at reception-kiosk, score 97 %"},
		"liveness failed": {event.LivenessFailed, "reception-kiosk", event.LivenessFailed.Info().Example,
			"Liveness check failed at reception-kiosk: screen replay, score 31 %"},
		"document scanned": {event.DocumentScanned, "", event.DocumentScanned.Info().Example, "Passport from NLD scanned, confidence 99 %"},
		"document not valid": {event.DocumentScanned, "", `{"document_type":"id_card","mrz_valid":false}`,
			"ID card scanned, machine-readable zone not valid"},
		"person entered": {event.PersonEntered, "lobby-cam-1", event.PersonEntered.Info().Example, "Person entered lobby at lobby-cam-1"},
		"person exited": {event.PersonExited, "lobby-cam-1", event.PersonExited.Info().Example,
			"Person left lobby at lobby-cam-1 after 1 min 15 s"},
		"line crossed": {event.LineCrossed, "lobby-cam-1", event.LineCrossed.Info().Example,
			"Person crossed main-entrance going in at lobby-cam-1, 128 in and 97 out so far"},
		"line crossed sideways": {event.LineCrossed, "", `{"direction":"north","count_in":-1,"count_out":2}`,
			"Person crossed a line going north"},
		"system error": {event.SystemError, "parking-south", event.SystemError.Info().Example,
			"video_pipeline: No frames for 30 s (stream_lost) at parking-south"},

		"nothing to go by":        {event.FaceMatched, "", `{}`, "Someone enrolled matched"},
		"identity for a label":    {event.FaceMatched, "", `{"identity_id":"abc-123"}`, "abc-123 matched"},
		"a number for a label":    {event.FaceMatched, "", `{"label":17}`, "17 matched"},
		"a list for a label":      {event.FaceMatched, "", `{"label":["Alice"],"identity_id":"abc-123"}`, "abc-123 matched"},
		"an empty label":          {event.FaceMatched, "", `{"label":"  ","identity_id":"abc-123"}`, "abc-123 matched"},
		"words for a score":       {event.FaceMatched, "", `{"label":"A","similarity":"high"}`, "A matched"},
		"a quoted score":          {event.FaceMatched, "", `{"label":"A","similarity":"0.5"}`, "A matched, similarity 50 %"},
		"a score beyond numbers":  {event.FaceMatched, "", `{"label":"A","similarity":1e999}`, "A matched"},
		"a score of too many":     {event.FaceMatched, "", `{"label":"A","similarity":0.9137216}`, "A matched, similarity 91 %"},
		"almost certain":          {event.FaceMatched, "", `{"label":"A","similarity":0.9991}`, "A matched, similarity 99 %"},
		"no share of one":         {event.FaceMatched, "", `{"label":"A","similarity":12.5}`, "A matched, similarity 12.5"},
		"certain":                 {event.FaceMatched, "", `{"label":"A","similarity":1}`, "A matched, similarity 100 %"},
		"an error of no words":    {event.SystemError, "", `{}`, "src reported an error"},
		"an error of a code":      {event.SystemError, "", `{"code":"E7"}`, "src: E7"},
		"lines and control codes": {event.FaceMatched, "", `{"label":"\tAlice\n\u0007Smith\u0000"}`, "Alice Smith matched"},
		"reordering characters":   {event.FaceMatched, "", `{"label":"Ali\u202Ece"}`, "Alice matched"},
		"an unending stay":        {event.PersonExited, "", `{"dwell_seconds":1e300}`, "Person left a zone"},
		"a type of later":         {event.Type(99), "gate-7", `{}`, "An event happened at gate-7"},
	} {
		t.Run(name, func(t *testing.T) {
			e := &event.Event{ID: "e", Type: tc.typ, Source: "src", Camera: tc.camera, Data: []byte(tc.data)}
			if got := SentenceOf(e).String(); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestSentenceIsolatesAndEscapesData(t *testing.T) {
	e := &event.Event{Type: event.FaceMatched, Camera: "<cam>", Data: []byte(`{"label":"</b><script>","watchlist":"a&b"}`)}
	var b bytes.Buffer
	if err := SentenceText(SentenceOf(e)).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	want := "<b><bdi>&lt;/b&gt;&lt;script&gt;</bdi></b> matched at <bdi>&lt;cam&gt;</bdi>, <bdi>a&amp;b</bdi>"
	if b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
}

func FuzzSentenceStaysOneShortLine(f *testing.F) {
	for _, in := range event.Catalogue() {
		f.Add(uint8(in.Type), "cam", []byte(in.Example))
	}
	f.Add(uint8(2), "\u202E", []byte(`{"label":"`+strings.Repeat("長", 500)+`"}`))
	f.Fuzz(func(t *testing.T, typ uint8, camera string, data []byte) {
		e := &event.Event{ID: "e", Type: event.Type(typ), Source: "s", Camera: camera, Data: data}
		s := SentenceOf(e).String()
		if s == "" || strings.ContainsAny(s, "\n\r\t\x00\u202E") || utf8.RuneCountInString(s) > 6*ui.MaxValueRunes {
			t.Errorf("%q", s)
		}
	})
}
