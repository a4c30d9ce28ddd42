package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"postern/internal/fullsize"
	"postern/internal/store/database"
)

// The budgets of every page, and of every list of the API, at full size.
const (
	pageBytes = 150 << 10
	pageTime  = 50 * time.Millisecond
	listBytes = 1 << 20
	// Where the machine is slow or busy, a page may take as long as this many sign-in
	// pages at the same moment. measures of them are a measure: one is too short.
	slowMachine = 300
	measures    = 60
	repeats     = 7
)

// fragments are routes that answer with a part of a page.
var fragments = []string{"/event-badges", "/webhooks/check-url"}

// TestFullSize measures every page at full size, and looks at it in a browser. It
// runs as `make full-size`. POSTERN_FULL_SIZE names a folder, in which the data stay
// for the next run, since the test works on a copy. tests/browser/full_size.mjs has the checks in the browser.
func TestFullSize(t *testing.T) {
	kept := os.Getenv("POSTERN_FULL_SIZE")
	if kept == "" {
		t.Skip("make full-size has it")
	}
	if _, err := os.Stat(filepath.Join(kept, database.FileName)); err != nil {
		began := time.Now()
		fullsize.Fill(t, kept, fullsize.Full)
		t.Logf("filled %s in %v", kept, time.Since(began).Round(time.Second))
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(kept)); err != nil {
		t.Fatal(err)
	}
	fullsize.Receive(t, fullsize.Full)
	g := startGuardedIn(t, dir, Options{})
	fillAccess(g)
	root := g.signedIn("root")
	w := newWalk(t, g)
	pages := w.lists(t, isPage)
	for _, p := range pages {
		w.measure(t, p, pageBytes, append(root, "Accept", "text/html"))
	}
	for _, p := range w.lists(t, isList) {
		w.measure(t, p, listBytes, root)
	}
	if os.Getenv("POSTERN_BROWSER") != "off" {
		w.look(t, slices.DeleteFunc(pages, func(p walked) bool { return slices.Contains(fragments, p.route) }), root[1])
	}
}

// measure checks a page's size, and the median of the times it takes beside those
// of the sign-in page.
func (w *walk) measure(t *testing.T, p walked, most int, headers []string) {
	t.Helper()
	var took, trivial []time.Duration
	size := 0
	for range repeats {
		a, d := w.timed(p.path, headers)
		if a.status != http.StatusOK {
			t.Errorf("%s answers %d: %.200s", p.path, a.status, a.body)
			return
		}
		took, size = append(took, d), len(a.body)
		began := time.Now()
		for range measures {
			w.timed("/sign-in", nil)
		}
		trivial = append(trivial, time.Since(began)/measures)
	}
	median, measure := middle(took), middle(trivial)
	t.Logf("%8.1f ms %8.1f KiB  %s  (sign-in: %.1f ms)", ms(median), float64(size)/1024, p.path, ms(measure))
	if limit := max(pageTime, slowMachine*measure); median > limit {
		t.Errorf("%s takes %.1f ms, the budget is %.1f ms", p.path, ms(median), ms(limit))
	}
	if size > most {
		t.Errorf("%s has %.1f KiB, the budget is %d KiB", p.path, float64(size)/1024, most>>10)
	}
}

func (w *walk) timed(path string, headers []string) (*answer, time.Duration) {
	req := w.request("GET", path, "", headers...)
	began := time.Now()
	a := w.send(req)
	return a, time.Since(began)
}

func middle(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// look opens the pages in a browser, in which each is accessible in both schemes.
func (w *walk) look(t *testing.T, pages []walked, cookie string) {
	t.Helper()
	paths := make([]string, len(pages))
	for i, p := range pages {
		paths[i] = p.path
	}
	list, err := json.Marshal(paths)
	if err != nil {
		t.Fatal(err)
	}
	browser := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", "tests/browser/full_size.mjs")
	browser.Dir = "../.."
	browser.Env = append(os.Environ(), "FULL_SIZE_URL="+w.base, "FULL_SIZE_COOKIE="+cookie, "FULL_SIZE_PATHS="+string(list),
		"CHROMIUM_BIN="+cmp.Or(os.Getenv("CHROMIUM_BIN"), "/usr/bin/chromium-headless-shell"))
	browser.Stdout, browser.Stderr = os.Stdout, os.Stderr
	if err := browser.Run(); err != nil {
		t.Errorf("in the browser: %v", err)
	}
}
