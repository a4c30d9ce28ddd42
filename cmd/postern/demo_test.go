package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestDemoShowsEverythingMoving runs the demo as a newcomer would, breaks one
// of its receivers with the command that it prints, and mends it again.
func TestDemoShowsEverythingMoving(t *testing.T) {
	d := startCommand(t, "demo", "--data", t.TempDir(), "--receiver", "127.0.0.1:0", "--rate", "50")
	eventually(t, "it says what to do", func() bool { return strings.Contains(d.out.String(), "mode=ok") })
	receiver := regexp.MustCompile(`Receiver +(http://\S+)`).FindStringSubmatch(d.out.String())[1]

	type hook struct {
		ID, URL string
		Status  struct {
			State                       string
			Delivered, Failed, Retrying int
		}
	}
	hooks := func() (all []hook) {
		d.request("GET", "/api/v1/events/webhooks", "", &all)
		return all
	}
	eventually(t, "both webhooks deliver", func() bool {
		all := hooks()
		return len(all) == 2 && all[0].Status.Delivered > 0 && all[1].Status.Delivered > 0
	})
	eventually(t, "the receiver has verified what came", func() bool {
		res, err := http.Get(receiver)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var paths []struct{ Received, Verified int }
		if err := json.NewDecoder(res.Body).Decode(&paths); err != nil {
			t.Fatal(err)
		}
		return len(paths) == 2 && paths[0].Verified > 0 && paths[1].Verified > 0 && paths[0].Verified == paths[0].Received
	})
	behave := func(mode string) {
		t.Helper()
		res, err := http.Post(receiver+"/behave?path=/access-control&mode="+mode, "", nil)
		if err != nil || res.StatusCode >= 300 {
			t.Fatalf("behave %s: %v, %v", mode, res, err)
		}
		res.Body.Close()
	}
	behave("fail")
	eventually(t, "the broken one is failing, the other goes on", func() bool {
		all := hooks()
		return all[0].Status.State == "failing" && all[1].Status.State == "active" && all[1].Status.Failed == 0
	})
	behave("ok")
	eventually(t, "it recovers by itself", func() bool { return hooks()[0].Status.State == "active" })

	seen := map[string]bool{}
	next := "/api/v1/events/recent?limit=1000"
	for next != "" && len(seen) < 10 {
		var page []struct{ Type string }
		_, header := d.request("GET", next, "", &page)
		for _, e := range page {
			seen[e.Type] = true
		}
		next = strings.TrimSuffix(strings.TrimPrefix(header.Get("Link"), "<"), `>; rel="next"`)
	}
	if len(seen) != 10 {
		t.Errorf("the site tells of %v", seen)
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
