package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var built string

// TestMain builds Postern, and is itself the limits that a run starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "role" {
		if err := playRole(os.Args[2], os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	dir, err := os.MkdirTemp("", "bench-test-")
	if err != nil {
		panic(err)
	}
	built = filepath.Join(dir, "postern")
	if out, err := exec.Command("go", "build", "-o", built, "postern/cmd/postern").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s", out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func tiny(t *testing.T, only ...string) options {
	return options{Postern: built, Work: t.TempDir(), Only: only, Rounds: 1, Time: 50 * time.Millisecond, Long: 300 * time.Millisecond,
		Syncs: []time.Duration{10 * time.Millisecond}, Sockets: 8, Backlog: 10_000, History: 3000, JSON: filepath.Join(t.TempDir(), "run.json")}
}

// TestEveryFigureIsMeasured runs everything for a moment: the figures mean
// nothing then, but each is there, and nothing was lost.
func TestEveryFigureIsMeasured(t *testing.T) {
	for _, f := range figures() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			opts := tiny(t, f.name)
			if f.name == "disk" {
				opts.Long = 4 * time.Second // until attempts fill pages
			}
			err := run(t.Context(), opts)
			if denied := canTrace(); f.name == "slowdisk" && denied != nil {
				if err == nil || !strings.Contains(err.Error(), denied.Error()) {
					t.Errorf("%v, want %v", err, denied)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(opts.JSON)
			if err != nil {
				t.Fatal(err)
			}
			var kept struct{ Rows []row }
			if err := json.Unmarshal(text, &kept); err != nil {
				t.Fatal(err)
			}
			if len(kept.Rows) == 0 {
				t.Error("no rows")
			}
			for _, r := range kept.Rows {
				if len(r.Postern)+len(r.Limit) == 0 || len(r.Postern) > 0 && median(r.Postern) == 0 {
					t.Errorf("%q has %v beside %v", r.Figure, r.Postern, r.Limit)
				}
			}
		})
	}
}

// A webhook that begins to fail is announced. The receivers of the bench count
// the events that are sent, and no announcement.
func TestAnnouncementsAreNotCounted(t *testing.T) {
	b, err := newBench(t.Context(), tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.site()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if s.end(&err); err != nil {
			t.Error(err)
		}
	}()
	to, err := s.receiver()
	if err != nil {
		t.Fatal(err)
	}
	defer to.close()
	gone, err := s.receiver()
	if err != nil {
		t.Fatal(err)
	}
	gone.close() // refuses connections from now on
	const n = 20
	if _, err := openLoop(t.Context(), s.addr, 1, 100, &source{}, n*10*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	var alerts []struct{ Type string }
	for end := time.Now().Add(arrivalTimeout); len(alerts) == 0; time.Sleep(10 * time.Millisecond) {
		if _, err := s.get(eventsPath+"/recent?event_type=system_error", &alerts); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(end) {
			t.Fatal("no webhook is announced as failing")
		}
	}
	if err := to.has(t.Context(), n); err != nil {
		t.Error(err)
	}
	if other := to.other.Load(); other > 0 {
		t.Errorf("%d announcements were sent to the receiver", other)
	}
}

func TestUnknownFiguresAreNamed(t *testing.T) {
	if _, err := choose([]string{"ingest", "speed"}); err == nil || !strings.Contains(err.Error(), "steady, hanging, ingest") {
		t.Errorf("%v", err)
	}
}

func TestWhatIsLostIsTold(t *testing.T) {
	to, err := newSink()
	if err != nil {
		t.Fatal(err)
	}
	defer to.close()
	post := func(n int) {
		p, err := newPoster(to.ln.Addr().String(), "/hook", "application/json", newEvent())
		if err != nil {
			t.Fatal(err)
		}
		defer p.conn.Close()
		stampNumber(p.body, n)
		if status, err := p.post(); status != 200 || err != nil {
			t.Fatal(status, err)
		}
	}
	for _, n := range []int{0, 2, 2} {
		post(n)
	}
	if to.got.Load() != 2 || to.again.Load() != 1 {
		t.Errorf("%d came, %d again", to.got.Load(), to.again.Load())
	}
	if err := to.check(3); err == nil {
		t.Error("a lost event isn't noticed")
	}
	if err := to.wait(t.Context(), 2); err != nil {
		t.Error(err)
	}
}

func TestGoals(t *testing.T) {
	for _, test := range []struct {
		row   row
		words string
		met   bool
	}{
		{row{Postern: []float64{59, 61, 70}, Limit: []float64{100, 100, 100}, Goal: goal{Ratio: 0.6}}, "≥ 60 %", true},
		{row{Postern: []float64{59}, Limit: []float64{100}, Goal: goal{Ratio: 0.6}}, "≥ 60 %", false},
		{row{Postern: []float64{59}, Limit: []float64{100}, Goal: goal{Ratio: 0.6, Or: 50}}, "≥ 60 %, or 50.0", true},
		{row{Postern: []float64{8, 9, 7}, Goal: goal{AtMost: 8}}, "≤ 8.00", true},
		{row{Postern: []float64{8.1}, Goal: goal{AtMost: 8}}, "≤ 8.00", false},
		{row{Postern: []float64{11}, Limit: []float64{10}, Goal: goal{Within: 1.1}}, "≤ 110 %", true},
		{row{Postern: []float64{12}, Limit: []float64{10}, Goal: goal{Within: 1.1}}, "≤ 110 %", false},
	} {
		if words, met := test.row.met(); words != test.words || met != test.met {
			t.Errorf("%+v: %q, %t", test.row, words, met)
		}
	}
	// The ratio is that of each round, not of what happened at other times.
	if ratio, _ := (row{Postern: []float64{10, 50, 100}, Limit: []float64{20, 100, 1000}}).ratio(); ratio != 0.5 {
		t.Errorf("ratio %v", ratio)
	}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	printTable(&out, "2 × a processor", []row{
		{Figure: "events in", Unit: "events/s", Postern: []float64{31234}, Limit: []float64{62468}, Beside: "the limit", Goal: goal{Ratio: 0.6},
			Notes: "none lost"},
		{Figure: "syncs", Limit: []float64{4000}},
	})
	want := `2 × a processor

figure            postern   limit  ratio  goal        beside
-------------------------------------------------------------------------
events in  31,234 events/s  62,468   50 %  ≥ 60 %  NO  the limit; none lost
syncs                        4,000
`
	if got := out.String(); strings.Join(strings.Fields(got), " ") !=
		strings.Join(strings.Fields(strings.ReplaceAll(want, strings.Repeat("-", 73), strings.Repeat("-", strings.Count(got, "-")))), " ") {
		t.Errorf("the table is\n%s", got)
	}
}
