package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDemoShowsEverythingMoving runs the demo as a newcomer would, breaks one
// of its receivers with the command that it prints, and mends it again.
func TestDemoShowsEverythingMoving(t *testing.T) {
	d := startCommand(t, "demo", "--data", t.TempDir(), "--receiver", "127.0.0.1:0", "--rate", "50", "--past", "2m")
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

// The first look at a demo shows a site at work: its past has arrived when it
// happened, and not in one burst now.
func TestDemoHasAPastThatArrived(t *testing.T) {
	data := t.TempDir()
	start := func() *daemon {
		d := startCommand(t, "demo", "--data", data, "--receiver", "127.0.0.1:0", "--rate", "1", "--past", "3h")
		eventually(t, "it says what to do", func() bool { return strings.Contains(d.out.String(), "mode=ok") })
		return d
	}
	d := start()
	var page []struct {
		ID        string
		Timestamp time.Time
	}
	now := time.Now()
	for _, ago := range []time.Duration{170 * time.Minute, 2 * time.Hour, time.Hour, 10 * time.Minute, time.Minute} {
		query := url.Values{"since": {now.Add(-ago - 2*time.Minute).UTC().Format(time.RFC3339)},
			"until": {now.Add(-ago + 2*time.Minute).UTC().Format(time.RFC3339)}}
		d.request("GET", "/api/v1/events/recent?"+query.Encode(), "", &page)
		if len(page) < 10 || len(page) > 600 {
			t.Errorf("%d events of %s ago", len(page), ago)
		}
	}
	res, err := http.Get(d.base + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	overview, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	// The hour's chart: no minute stands out, and none is empty.
	table := regexp.MustCompile(`(?s)id="hour-table".*?</details>`).Find(overview)
	rows := regexp.MustCompile(`(?s)<tr><th scope="row">.*?</tr>`).FindAll(table, -1)
	if len(rows) < 10 {
		t.Fatalf("the chart of the last hour has %d rows", len(rows))
	}
	total := regexp.MustCompile(`<td class="c-num">([\d,]+)</td>`)
	for i, row := range rows[:len(rows)-1] {
		sum := 0
		for _, cell := range total.FindAllSubmatch(row, -1) {
			n, _ := strconv.Atoi(strings.ReplaceAll(string(cell[1]), ",", ""))
			sum += n
		}
		if sum < 60 || sum > 900 { // 300 in five minutes, on average
			t.Errorf("five minutes of the last hour have %d events: row %d", sum, i)
		}
	}
	head := d.head()
	if code := d.stop(); code != 0 {
		t.Fatalf("exit %d", code)
	}
	// Started again it goes on, without a second past.
	d = start()
	if again := d.head(); again < head || again > head+200 {
		t.Errorf("%d events at first, %d after a restart", head, again)
	}
	if strings.Contains(d.out.String(), "History") {
		t.Error("a second past was told")
	}
}

// With accounts and keys asked for, the demo makes its own and says what to
// sign in with; also when it is started again.
func TestDemoSignsItselfIn(t *testing.T) {
	data, receiver := t.TempDir(), freeAddress(t) // the same at both starts, as by default
	for range 2 {
		d := startCommand(t, "demo", "--require-access", "--data", data, "--receiver", receiver, "--rate", "50", "--past", "0s")
		eventually(t, "it says what to do", func() bool { return strings.Contains(d.out.String(), "mode=ok") })
		found := regexp.MustCompile(`as demo, with the password (\S+)\nKey +(\S+)`).FindStringSubmatch(d.out.String())
		if found == nil {
			t.Fatalf("no way in:\n%s", d.out.String())
		}
		if res, err := http.Get(d.base + "/api/v1/events/recent"); err != nil || res.StatusCode != http.StatusUnauthorized {
			t.Fatalf("without a key: %v, %v", res, err)
		}
		browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		form, err := http.NewRequest("POST", d.base+"/sign-in", strings.NewReader(url.Values{"name": {"demo"}, "password": {found[1]}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form.Header.Set("Sec-Fetch-Site", "same-origin")
		form.Header.Set("Origin", d.base)
		res, err := browser.Do(form)
		if err != nil || res.StatusCode != http.StatusSeeOther {
			t.Fatalf("signing in: %v, %v", res, err)
		}
		eventually(t, "the site sends events and both webhooks get them", func() bool {
			req, err := http.NewRequest("GET", d.base+"/api/v1/events/webhooks", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+found[2])
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			var hooks []struct{ Status struct{ Delivered int } }
			if err := json.NewDecoder(res.Body).Decode(&hooks); err != nil {
				t.Fatal(err)
			}
			return len(hooks) == 2 && hooks[0].Status.Delivered > 0 && hooks[1].Status.Delivered > 0
		})
		if code := d.stop(); code != 0 {
			t.Fatalf("exit %d", code)
		}
	}
}

// head is how many events the log has had.
func (d *daemon) head() (seq int) {
	d.t.Helper()
	res, err := http.Get(d.base + "/metrics")
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^postern_store_head_seq (\d+)`).FindSubmatch(text)
	if found == nil {
		d.t.Fatalf("no head in the metrics")
	}
	seq, _ = strconv.Atoi(string(found[1]))
	return seq
}
