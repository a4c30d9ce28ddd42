package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

// child names the folder that the test's own program, started again, appends
// to until it is killed.
const child = "POSTERN_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(child); dir != "" {
		appendForever(dir)
	}
	os.Exit(m.Run())
}

// appendForever writes the number and the id of each event to standard
// output once it is kept.
func appendForever(dir string) {
	j, err := Open(context.Background(), dir, Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	e := &deliveries.EndpointRecord{Endpoint: delivery.Endpoint{ID: fmt.Sprint("wh_", os.Getpid()), CreatedAt: start, UpdatedAt: start}}
	if err := j.Deliveries.CreateEndpoint(context.Background(), e); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for round := int64(0); ; round++ {
		go func() {
			_ = j.Deliveries.Settle(context.Background(), &deliveries.Settlement{Endpoint: e.N, Cursor: round})
		}()
		events := several(7)
		if err := j.Append(context.Background(), []*event.Batch{{Events: events}}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var lines strings.Builder
		for _, e := range events {
			fmt.Fprintln(&lines, e.Seq, e.ID)
		}
		if _, err := os.Stdout.WriteString(lines.String()); err != nil {
			os.Exit(1)
		}
	}
}

func TestWhatWasAppendedOutlivesAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acked := make(map[int64]string)
	for round := range 3 {
		killAfter(t, dir, 30+20*round, acked)
		j, err := Open(context.Background(), dir, Options{})
		if err != nil {
			t.Fatalf("Open after a kill: %v", err)
		}
		events := all(t, j)
		wantGapless(t, j, 1, len(events))
		for seq, id := range acked {
			if seq > int64(len(events)) || events[seq-1].ID != id {
				t.Errorf("event %d, %s, is lost of %d", seq, id, len(events))
			}
		}
		if len(events)%7 != 0 {
			t.Errorf("%d events: a batch of seven was kept in part", len(events))
		}
		if check := pragma(t, j, "integrity_check"); check != "ok" {
			t.Errorf("integrity_check: %s", check)
		}
		closeStore(t, j)
	}
}

// killAfter runs the child until it has said n lines, and kills it.
func killAfter(t *testing.T, dir string, n int, acked map[int64]string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), child+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for said := 0; lines.Scan(); said++ {
		if said == 0 {
			wantLockedBy(t, dir, cmd.Process.Pid)
		}
		seq, id, _ := strings.Cut(lines.Text(), " ")
		number, err := strconv.ParseInt(seq, 10, 64)
		if err != nil || !event.ValidID(id) {
			break // the kill cut this line short
		}
		acked[number] = id
		if said == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(acked) < n {
		t.Fatalf("the child said %d lines only", len(acked))
	}
}

func wantLockedBy(t *testing.T, dir string, pid int) {
	t.Helper()
	if _, err := Open(context.Background(), dir, Options{}); !errors.Is(err, database.ErrLocked) ||
		!strings.Contains(err.Error(), "process "+strconv.Itoa(pid)+";") {
		t.Errorf("Open while process %d has the folder: %v", pid, err)
	}
}
