package web

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/memory"
	"postern/internal/posterntest"
	"postern/internal/store/auditlog"
	"postern/internal/web/api"
)

// pngOf returns a small PNG image, another one for each shade.
func pngOf(t testing.TB, shade uint8) string { return pngSized(t, shade, 12, 8) }

func pngSized(t testing.TB, shade uint8, width, height int) string {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Gray{Y: shade}})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// withText adds a text to a PNG image, as cameras add the place.
func withText(picture, text string) string {
	chunk := append([]byte("tEXtplace\x00"), text...)
	b := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4))
	b = binary.BigEndian.AppendUint32(append(b, chunk...), crc32.ChecksumIEEE(chunk))
	const header = 33 // the signature and IHDR
	return picture[:header] + string(b) + picture[header:]
}

func snapshotPath(id string) string { return apiPath + "/events/" + id + "/snapshot" }

func TestSnapshot_is_put_once_and_answered_as_an_image(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", `[{"id":"a:1","type":"face_matched","source":"s"},{"id":"b","type":"face_matched","source":"s"}]`).want(202)
	picture := pngOf(t, 1)
	var made api.Snapshot
	s.do("PUT", snapshotPath("a:1"), withText(picture, "52.5N")).want(201).into(&made)
	if made != (api.Snapshot{URL: snapshotPath("a:1"), Type: "image/png", Width: 12, Height: 8}) {
		t.Errorf("%+v", made)
	}
	s.do("PUT", snapshotPath("a:1"), withText(picture, "48.1N")).want(200) // the same image, whatever its metadata
	s.do("PUT", snapshotPath("a:1"), pngOf(t, 2)).problem(409)

	a := s.get(made.URL).want(200)
	if string(a.body) != picture {
		t.Errorf("%d bytes, the image has %d", len(a.body), len(picture))
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
		"Cache-Control": "private, no-cache", "Content-Disposition": `inline; filename="a-1.png"`,
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	again := s.do("GET", made.URL, "", "If-None-Match", a.header.Get("ETag"))
	if again.status != 304 || len(again.body) != 0 || again.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("%d, %d bytes", again.status, len(again.body))
	}
	var e struct{ Snapshot *api.Snapshot }
	s.get(apiPath + "/events/a:1").want(200).into(&e)
	if e.Snapshot == nil || *e.Snapshot != made {
		t.Errorf("the event has %+v", e.Snapshot)
	}
	if recent := s.get(apiPath + "/events/recent").events(); recent[0]["snapshot"] != nil || recent[1]["snapshot"] == nil {
		t.Errorf("%v", recent)
	}
	s.get(snapshotPath("b")).problem(404)
	s.get(snapshotPath("c")).problem(404)
}

func TestSnapshot_refuses_what_is_none(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", `{"id":"a","type":"face_matched","source":"s"}`).want(202)
	for name, test := range map[string]struct {
		body   string
		status int
		says   string
	}{
		"nothing":         {"", 400, "empty"},
		"a page":          {"<html><script>alert(1)</script>", 415, "JPEG, PNG or WebP"},
		"a damaged one":   {pngOf(t, 1)[:60], 400, "damaged"},
		"too many bytes":  {pngOf(t, 1) + strings.Repeat("x", 1<<20), 413, ""},
		"too many pixels": {pngSized(t, 1, 4001, 4000), 400, "16 million"},
	} {
		p := s.do("PUT", snapshotPath("a"), test.body).problem(test.status)
		if !strings.Contains(p.Detail, test.says) {
			t.Errorf("%s: %s", name, p.Detail)
		}
	}
	s.do("PUT", snapshotPath("unknown"), pngOf(t, 1)).problem(404)
	if files := s.store.Snapshots.Stats().Files; files != 0 {
		t.Errorf("%d files are left", files)
	}
}

// form makes a multipart form of parts, each a name and its content.
func formOf(t testing.TB, parts ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename="x"`, parts[i])}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(parts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestSnapshot_comes_with_its_event_in_a_form(t *testing.T) {
	t.Parallel()
	s := startService(t)
	post := func(parts ...string) *answer {
		body, contentType := formOf(t, parts...)
		return s.do("POST", apiPath+"/events", body, "Content-Type", contentType)
	}
	const one = `{"id":"a","type":"face_matched","source":"s","data":{"label":"Alice"}}`
	post("snapshot", pngOf(t, 1), "event", one).want(202)
	var e struct{ Snapshot *api.Snapshot }
	s.get(apiPath + "/events/a").want(200).into(&e)
	if e.Snapshot == nil || e.Snapshot.Width != 12 {
		t.Fatalf("the event has %+v", e.Snapshot)
	}
	if a := s.get(e.Snapshot.URL).want(200); string(a.body) != pngOf(t, 1) {
		t.Errorf("%d bytes", len(a.body))
	}
	// The same again is a duplicate. So is one whose snapshot was missing, which gets it.
	var accepted struct{ Accepted, Duplicates int }
	post("event", one, "snapshot", pngOf(t, 1)).want(202).into(&accepted)
	if accepted.Accepted != 0 || accepted.Duplicates != 1 {
		t.Errorf("%+v", accepted)
	}
	post("event", one, "snapshot", pngOf(t, 2)).problem(409)
	const other = `{"id":"b","type":"face_matched","source":"s"}`
	s.post(apiPath+"/events", other).want(202)
	post("event", other, "snapshot", pngOf(t, 3)).want(202)
	s.get(snapshotPath("b")).want(200)

	for name, test := range map[string]struct {
		parts  []string
		status int
	}{
		"no image":      {[]string{"event", one}, 400},
		"no event":      {[]string{"snapshot", pngOf(t, 1)}, 400},
		"two images":    {[]string{"event", one, "snapshot", pngOf(t, 1), "snapshot", pngOf(t, 2)}, 400},
		"another part":  {[]string{"event", one, "snapshot", pngOf(t, 1), "more", "x"}, 400},
		"two events":    {[]string{"event", one + other, "snapshot", pngOf(t, 1)}, 400},
		"an array":      {[]string{"event", "[" + one + "]", "snapshot", pngOf(t, 1)}, 400},
		"a wrong event": {[]string{"event", `{"type":"face_matched"}`, "snapshot", pngOf(t, 1)}, 400},
		"a wrong image": {[]string{"event", `{"id":"c","type":"face_matched","source":"s"}`, "snapshot", "GIF89a"}, 415},
		"a large image": {[]string{"event", one, "snapshot", strings.Repeat("x", 1<<20+1)}, 413},
		"a large event": {[]string{"event", strings.Repeat(" ", 256<<10) + one, "snapshot", pngOf(t, 1)}, 413},
	} {
		if a := post(test.parts...); a.status != test.status {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	s.get(apiPath + "/events/c").problem(404) // the event wasn't accepted without its image
	if a := s.do("POST", apiPath+"/events", "--x\r\n", "Content-Type", "multipart/form-data; boundary=x"); a.status != 400 {
		t.Errorf("a form that ends early: %d %s", a.status, a.body)
	}
	if got := s.hub.Head(); got != 2 {
		t.Errorf("the log has %d events", got)
	}
}

func TestSnapshot_is_its_producers_and_for_those_who_may_see_it(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	gate, other := g.key("gate", account.ScopeIngest), g.key("other", account.ScopeIngest)
	for _, camera := range []string{"lobby", "yard"} {
		g.do("POST", apiPath+"/events", `{"id":"`+camera+`-1","type":"watchlist_alert","source":"s","camera_id":"`+camera+`"}`, gate...).want(202)
	}
	g.do("PUT", snapshotPath("lobby-1"), pngOf(t, 1), other...).problem(404)
	g.do("PUT", snapshotPath("lobby-1"), pngOf(t, 1), g.signedIn("root")...).problem(404)
	g.do("PUT", snapshotPath("lobby-1"), pngOf(t, 1), g.key("reader", account.ScopeRead)...).problem(403)
	g.do("PUT", snapshotPath("lobby-1"), pngOf(t, 1)).want(401)
	g.do("PUT", snapshotPath("lobby-1"), pngOf(t, 1), gate...).want(201)
	g.do("PUT", snapshotPath("yard-1"), pngOf(t, 2), gate...).want(201)
	// A key that follows and may send events of one camera only.
	narrow := g.key("gate-2", account.ScopeIngest, onlyCameras("lobby"), func(k *access.NewKey) { k.Producer = "gate" })
	g.do("PUT", snapshotPath("lobby-1"), pngOf(t, 1), narrow...).want(200)
	g.do("PUT", snapshotPath("yard-1"), pngOf(t, 2), narrow...).problem(404)

	g.account("viewer", account.Viewer)
	g.account("operator", account.Operator)
	g.account("doorman", account.Operator, "lobby")
	for name, test := range map[string]struct {
		headers     []string
		lobby, yard int
	}{
		"nobody":        {nil, 401, 401},
		"viewer":        {g.signedIn("viewer"), 403, 403},
		"operator":      {g.signedIn("operator"), 200, 200},
		"doorman":       {g.signedIn("doorman"), 200, 404},
		"root":          {g.signedIn("root"), 200, 200},
		"read key":      {g.key("read", account.ScopeRead), 403, 403},
		"key":           {g.key("see", account.ScopeSnapshots), 200, 200},
		"key of lobby":  {g.key("see-lobby", account.ScopeSnapshots, onlyCameras("lobby")), 200, 404},
		"ingest key":    {gate, 403, 403},
		"the monitor's": {g.key("wall", account.ScopeMonitor), 403, 403},
	} {
		for camera, want := range map[string]int{"lobby": test.lobby, "yard": test.yard} {
			if a := g.do("GET", snapshotPath(camera+"-1"), "", test.headers...); a.status != want {
				t.Errorf("%s, %s: %d, want %d", name, camera, a.status, want)
			}
		}
	}
	// A wall screen shows them only with a key that says so.
	screen := g.key("wall-2", account.ScopeMonitor, func(k *access.NewKey) { k.Scopes = append(k.Scopes, account.ScopeSnapshots) })
	opened := g.do("GET", "/monitor?key="+strings.TrimPrefix(screen[1], "Bearer "), "").want(303)
	g.do("GET", snapshotPath("lobby-1"), "", "Cookie", "postern="+opened.cookie().Value).want(200)
}

// A look is on record before the image is shown, and those of a list in few entries.
func TestSnapshot_looks_are_on_record(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	gate, see := g.key("gate", account.ScopeIngest), g.key("see", account.ScopeSnapshots)
	const events = 120
	for i := range events {
		body, contentType := formOf(t, "event", fmt.Sprintf(`{"id":"evt-%03d","type":"face_matched","source":"s"}`, i), "snapshot", pngOf(t, 1))
		g.do("POST", apiPath+"/events", body, append(gate, "Content-Type", contentType)...).want(202)
	}
	looks := func() (entries int, ids []string) {
		all, err := g.access.Audit(context.Background(), auditlog.Query{Action: string(access.SnapshotSee), Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range all {
			var details struct{ Events []string }
			if err := json.Unmarshal([]byte(entry.Details), &details); err != nil {
				t.Fatal(err)
			}
			if ids = append(ids, details.Events...); entry.Target != "" {
				ids = append(ids, entry.Target)
			}
			if entry.Actor != "see" {
				t.Errorf("%+v", entry)
			}
		}
		slices.Sort(ids)
		return len(all), ids
	}
	g.do("GET", snapshotPath("evt-000"), "", see...).want(200)
	if n, ids := looks(); n != 1 || len(ids) != 1 {
		t.Fatalf("after the first look: %d entries, %v", n, ids)
	}
	for range 2 {
		for i := range events {
			g.do("GET", snapshotPath(fmt.Sprintf("evt-%03d", i)), "", see...).want(200)
		}
	}
	g.server.audit.Close()
	n, ids := looks()
	for i := range events {
		if id := fmt.Sprintf("evt-%03d", i); !slices.Contains(ids, id) {
			t.Errorf("the look at %s isn't on record", id)
		}
	}
	if n > 5 {
		t.Errorf("%d looks have %d entries", events, n)
	}
}

// Checking images takes memory, which is bounded in all and for each principal.
func TestSnapshot_memory_is_bounded(t *testing.T) {
	t.Parallel()
	budget := memory.NewBudget(4 << 20)
	s := startServiceWith(t, func(*posterntest.Postern) Options { return Options{Bodies: budget} })
	s.post(apiPath+"/events", `{"id":"a","type":"face_matched","source":"s"}`).want(202)
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewRGBA(image.Rect(0, 0, 1600, 1200)), nil); err != nil {
		t.Fatal(err)
	}
	if p := s.do("PUT", snapshotPath("a"), photo.String()).problem(413); !strings.Contains(p.Detail, "fewer pixels") {
		t.Errorf("%s", p.Detail)
	}
	taken := budget.Take(4 << 20)
	if a := s.do("PUT", snapshotPath("a"), pngOf(t, 1)); !taken || a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", a.status, a.body)
	}
	budget.Give(4 << 20)
	s.do("PUT", snapshotPath("a"), pngOf(t, 1)).want(201)
	if budget.Used() != 0 {
		t.Errorf("%d bytes stay taken", budget.Used())
	}
}

// An identity's erasure and a removal by retention end an image for all readers.
func TestSnapshot_ends_with_an_erasure(t *testing.T) {
	t.Parallel()
	s := startService(t)
	body, contentType := formOf(t, "event", `{"id":"a","type":"face_matched","source":"s","data":{"identity_id":"p1"}}`, "snapshot", pngOf(t, 1))
	s.do("POST", apiPath+"/events", body, "Content-Type", contentType).want(202)
	tag := s.get(snapshotPath("a")).want(200).header.Get("ETag")
	s.do("DELETE", apiPath+"/identities/p1", "").want(200)
	s.do("GET", snapshotPath("a"), "", "If-None-Match", tag).problem(404)
	var e struct{ Snapshot *api.Snapshot }
	s.get(apiPath + "/events/a").want(200).into(&e)
	if e.Snapshot != nil {
		t.Errorf("%+v", e.Snapshot)
	}
}

// Another site's event has a link to the other site, which is dropped; a producer may
// send none.
func TestSnapshot_link_of_another_site(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	const linked = `{"id":"a","type":"face_matched","source":"s","snapshot":{"url":"https://b/x","type":"image/png","width":1,"height":1}}`
	p := g.do("POST", apiPath+"/events", linked, g.key("gate", account.ScopeIngest)...).problem(400)
	if !strings.Contains(p.Detail, "multipart/form-data") {
		t.Errorf("%s", p.Detail)
	}
	site := g.key("hall", account.ScopeIngest, func(k *access.NewKey) { k.Site = "hall" })
	req := g.request("POST", apiPath+"/events", linked, site...)
	if a := g.send(req); a.status != http.StatusAccepted {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if e, err := g.hub.Find(context.Background(), "a", func(string) bool { return true }); err != nil || e.Snapshot != nil {
		t.Errorf("%+v, %v", e, err)
	}
}
