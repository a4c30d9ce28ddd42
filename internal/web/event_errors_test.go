package web

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"postern/internal/account"
	"postern/internal/web/respond"
)

// maxEventErrors is the maximum number of events that an error names.
const maxEventErrors = 100

// places lists the positions of a refusal's errors.
func places(p respond.Problem) []string {
	var all []string
	for _, f := range p.Errors {
		index := "?"
		if f.Index != nil {
			index = fmt.Sprint(*f.Index)
		}
		all = append(all, fmt.Sprintf("[%s] line %d %s", index, f.Line, f.Field))
	}
	return all
}

func TestARefusedBatchNamesTheEventWhateverTheCause(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	g.do("POST", apiPath+"/events", `{"id":"door-1","type":"person_entered","source":"tracker","camera_id":"lobby"}`, root...).want(202)
	key := g.key("lobby", account.ScopeIngest, onlyCameras("lobby"))
	for name, c := range map[string]struct {
		event, place string
		status       int
	}{
		"NaN":          {`{"type":"face_matched","source":"a","camera_id":"lobby","data":{"similarity":NaN}}`, "data.similarity", 400},
		"bytes":        {"{\"type\":\"face_matched\",\"source\":\"M\xfcller\",\"camera_id\":\"lobby\"}", "source", 400},
		"half a pair":  {`{"type":"face_matched","source":"a","camera_id":"lobby","data":{"label":"\ud83d"}}`, "data.label", 400},
		"a name twice": {`{"type":"face_matched","source":"a","camera_id":"lobby","data":{"a":1,"a":2}}`, "data.a", 400},
		"cut off":      {`{"type":"face_matched","source":"a","camera_id":"lobby","data":{"a":`, "data.a", 400},
		"a wrong type": {`{"type":"face","source":"a","camera_id":"lobby"}`, "type", 400},
		"a wrong time": {`{"type":"face_matched","source":"a","camera_id":"lobby","timestamp":"2026-03-19T10:32:15"}`, "timestamp", 400},
		"too large": {`{"type":"face_matched","source":"a","camera_id":"lobby","data":{"a":"` +
			strings.Repeat("x", 256<<10) + `"}}`, "", 413},
		"another camera":     {`{"type":"face_matched","source":"a","camera_id":"vault"}`, "camera_id", 403},
		"no camera":          {`{"type":"face_matched","source":"a"}`, "camera_id", 403},
		"an id that's taken": {`{"id":"door-1","type":"line_crossed","source":"tracker","camera_id":"lobby"}`, "id", 409},
	} {
		t.Run(name, func(t *testing.T) {
			lines := make([]string, 500)
			for i := range lines {
				lines[i] = `{"type":"face_detected","source":"a","camera_id":"lobby"}`
			}
			lines[317] = c.event
			as := key
			if c.status == 409 {
				as = root
			}
			for _, body := range []string{strings.Join(lines, "\n"), "\ufeff" + strings.Join(lines, "\r\n") + "\r\n"} {
				p := g.do("POST", apiPath+"/events", body, as...).problem(c.status)
				if want := []string{"[317] line 318 " + c.place}; !reflect.DeepEqual(places(p), want) {
					t.Errorf("the errors are at %v, want %v: %s", places(p), want, p.Detail)
				}
				for _, says := range []string{"[317]", "Nothing of the request was accepted."} {
					if !strings.Contains(p.Detail, says) {
						t.Errorf("the detail doesn't say %s: %s", says, p.Detail)
					}
				}
				for _, f := range p.Errors {
					if !strings.HasSuffix(f.Message, ".") {
						t.Errorf("not a sentence: %s", f.Message)
					}
				}
			}
		})
	}
	if n := len(g.do("GET", apiPath+"/events/recent", "", root...).events()); n != 1 {
		t.Errorf("%d events were kept", n)
	}
	// All refused events are named, up to the limit of a refusal.
	var many strings.Builder
	for range 150 {
		many.WriteString(`{"type":"face_matched","source":"a","camera_id":"vault"}` + "\n")
	}
	if p := g.do("POST", apiPath+"/events", many.String(), key...).problem(403); len(p.Errors) != maxEventErrors ||
		places(p)[99] != "[99] line 100 camera_id" {
		t.Errorf("%d errors: %v", len(p.Errors), places(p))
	}
}

func TestBodiesMayHaveAByteOrderMarkAndNulls(t *testing.T) {
	t.Parallel()
	s := startService(t)
	var got accepted
	s.post(apiPath+"/events", "\ufeff"+oneEvent+"\n"+
		`{"id":null,"type":"line_crossed","source":"a","timestamp":null,"camera_id":null,"data":null}`).want(202).into(&got)
	if got.Accepted != 2 {
		t.Errorf("got %+v", got)
	}
	var e struct {
		ID, Timestamp string
		Data          map[string]any
		Camera        *string `json:"camera_id"`
	}
	if s.get(apiPath + "/events/" + got.IDs[1]).want(200).into(&e); e.ID == "" || e.Timestamp == "" || len(e.Data) != 0 || e.Camera != nil {
		t.Errorf("the event is %+v", e)
	}
	hook := startSink(t)
	path := s.hookFor(hook, "")
	for _, c := range []struct{ method, path, body string }{
		{"POST", path + "/replays", "\ufeff" + `{"since":"-1h","dry_run":true}`},
		{"POST", apiPath + "/holds", "\ufeff" + `{"reason":"case 12","event_types":["*"]}`},
		{"POST", apiPath + "/events/webhooks/preview", "\ufeff" + `{"event_types":["*"]}`},
		{"POST", path + "/pause", "\ufeff"},
	} {
		s.do(c.method, c.path, c.body).want(200)
	}
	for body, says := range map[string]string{
		`null`: "not a JSON object", `[]`: "not a JSON object", "\ufeff": "empty",
	} {
		if p := s.post(apiPath+"/holds", body).problem(400); !strings.Contains(p.Detail, says) {
			t.Errorf("%q: %s", body, p.Detail)
		}
	}
	// openapi.yaml has these fields without null, which suits generated
	// clients.
	for path, body := range map[string]string{
		apiPath + "/events/webhooks": `{"url":"` + hook.URL +
			`","event_types":["*"],"secret":null,"generate_secret":null,"camera_ids":null,"sources":null,"conditions":null,"ordered":null,` +
			`"max_per_second":null,"max_in_flight":null,"timeout_seconds":null,"storm_window_seconds":null,"payload":null}`,
		path + "/replays": `{"since":null,"after_seq":0,"event_types":null,"dry_run":true}`,
		path + "/test":    `{"event_type":null}`,
		path + "/rotate":  `{"secret":null,"overlap_hours":null}`,
		apiPath + "/holds": `{"reason":"case 12","event_types":["*"],"camera_ids":null,"sources":null,"since":null,"until":null,` +
			`"conditions":null,"identity_id":null}`,
	} {
		res, err := http.Post(s.base+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(res.Body)
		if res.Body.Close(); res.StatusCode != 200 {
			t.Errorf("%s: %s: %s", path, res.Status, said)
		}
	}
	units := utf16.Encode([]rune(oneEvent))
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var wide []byte
		for _, unit := range append([]uint16{0xfeff}, units...) {
			wide = order.AppendUint16(wide, unit)
		}
		for _, body := range []string{string(wide), string(wide[2:])} {
			for _, path := range []string{apiPath + "/events", apiPath + "/holds"} {
				if p := s.post(path, body).problem(400); p.Detail != "The body is UTF-16; send UTF-8." {
					t.Errorf("%s: %s", path, p.Detail)
				}
			}
		}
	}
}

func TestARefusedBodyNamesTheFieldAndTheLine(t *testing.T) {
	t.Parallel()
	s := startService(t)
	path := s.hookFor(startSink(t), "")
	for _, c := range []struct{ method, path, body, place, says string }{
		{"POST", apiPath + "/holds", "{\n  \"reason\": \"x\",\n  \"since\": NaN\n}", "[?] line 3 since", "NaN is not a number"},
		{"POST", apiPath + "/holds", "{\n  \"reason\": \"x\",\n  \"event_types\": [\"*\",]\n}", "[?] line 3 event_types",
			"a comma has nothing after it"},
		{"POST", apiPath + "/holds", "{\"reason\": \"x\", \"reason\": \"y\"}", "[?] line 1 reason", "twice"},
		{"POST", apiPath + "/holds", "{\"reason\": 'x'}", "[?] line 1 reason", "double quotes"},
		{"POST", apiPath + "/holds", "{\"reason\": \"x", "[?] line 1 reason", "ends in the middle"},
		{"POST", apiPath + "/holds", "{\"reason\": \"\xff\"}", "[?] line 1 reason", "UTF-8"},
		{"POST", apiPath + "/holds", "{\n\"reason\": \"x\",\n\n\"since\": true}", "[?] line 4 since", "must be a time"},
		{"POST", apiPath + "/holds", "{\n\"reason\": \"x\",\n\"for\": true}", "[?] line 3 for", "not a field of this request"},
		{"POST", path + "/replays", "{\n\"since\": {}}", "[?] line 2 since", "must be a time"},
		{"POST", path + "/replays", "{\n\"after_seq\": \"1\"}", "[?] line 2 after_seq", "whole number"},
		{"POST", apiPath + "/events/webhooks", "{\"url\": \"https://a.example/\",\n\"event_types\": [1]}", "[?] line 2 event_types[0]",
			"must be a string"},
		{"PATCH", path, "{\"conditions\": {\"a\": Infinity}}", "[?] line 1 conditions.a", "Infinity is not a number"},
	} {
		p := s.do(c.method, c.path, c.body).problem(400)
		if got := places(p); !reflect.DeepEqual(got, []string{c.place}) || !strings.Contains(p.Detail, c.says) ||
			!strings.Contains(p.Errors[0].Message, c.says) {
			t.Errorf("%q: %v: %s", c.body, got, p.Detail)
		}
	}
}
