package web

import (
	"strings"
	"testing"
)

func TestOnlyThisMachinesNamesAreAnswered(t *testing.T) {
	s := startService(t)
	for _, host := range []string{"localhost", "localhost:8000", "127.0.0.1", "127.9.9.9:1", "[::1]:8000", "LOCALHOST"} {
		if a := s.do("GET", "/healthz", "", "Host", host); a.status != 200 {
			t.Errorf("%s: %d", host, a.status)
		}
	}
	for _, host := range []string{"example.com", "localhost.example.com", "127.0.0.1.nip.io", "10.0.0.1", "0.0.0.0",
		"[fe80::1]", "notlocalhost"} {
		if a := s.do("GET", "/healthz", "", "Host", host); a.status != 403 {
			t.Errorf("%s: %d", host, a.status)
		}
	}
}

func TestOtherSitesPagesAreRefused(t *testing.T) {
	s := startService(t)
	own := strings.TrimPrefix(s.base, "http://")
	for name, c := range map[string]struct {
		method  string
		headers []string
		status  int
	}{
		"a program":         {"POST", nil, 202},
		"own page":          {"POST", []string{"Origin", s.base, "Sec-Fetch-Site", "same-origin"}, 202},
		"another origin":    {"POST", []string{"Origin", "http://evil.example"}, 403},
		"another port":      {"POST", []string{"Origin", "http://127.0.0.1:1"}, 403},
		"another scheme":    {"POST", []string{"Origin", "https://" + own}, 403},
		"a sandboxed page":  {"POST", []string{"Origin", "null"}, 403},
		"a cross-site form": {"POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a same-site form":  {"POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		"a cross-site image": {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors",
			"Sec-Fetch-Dest", "image"}, 403},
		"a link from another site": {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate",
			"Sec-Fetch-Dest", "document"}, 200},
		"a frame on another site": {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate",
			"Sec-Fetch-Dest", "iframe"}, 403},
		"a typed address": {"GET", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			path, body := "/api/v1/events/recent", ""
			if c.method == "POST" {
				path, body = "/api/v1/events", oneEvent
			}
			s.do(c.method, path, body, c.headers...).want(c.status)
		})
	}
	// A socket that another site's page opens carries its Origin.
	s.do("GET", "/live/socket", "", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13",
		"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Origin", "http://evil.example").want(403)
}

func TestEveryAnswerForbidsWhatItDoesNotNeed(t *testing.T) {
	s := startService(t)
	for _, path := range []string{"/", "/events", "/api/v1/events/recent", "/nothing", "/static/app.css"} {
		a := s.get(path)
		if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") ||
			!strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") == "" {
			t.Errorf("%s: headers %v", path, a.header)
		}
		if cache := a.header.Get("Cache-Control"); (cache == "no-store") == strings.HasPrefix(path, "/static/") {
			t.Errorf("%s: Cache-Control %q", path, cache)
		}
	}
}

func TestReadyOnlyWhileEventsCanBeTakenAndDelivered(t *testing.T) {
	s := startService(t)
	s.get("/healthz").want(200)
	for s.get("/readyz").status != 200 { // the workers start beside the server
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.post("/api/v1/events", oneEvent).problem(500)
}
