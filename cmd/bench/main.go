// Bench measures Postern on this machine. The real binary runs in a process of its
// own; in the same run, the same load is measured with the least possible work, the
// limit. It prints a table and, with --json, all samples.
//
//	make bench
//	make bench BENCH='--only=ingest,deliver --rounds=5 --json=run.json'
//
// Nothing is simulated: events go in and out over loopback, each is counted
// at its receiver, and the store is on the disk of --work. See
// docs/performance.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

type options struct {
	Postern string          `default:"bin/postern" help:"The binary to measure (${default})."`
	Work    string          `default:"" help:"Where the stores go while they are measured; a folder on the disk that counts (a new one in the temporary folder)." placeholder:"FOLDER"`
	Only    []string        `help:"Measure these figures only: ${figures}." placeholder:"FIGURE,..."`
	Rounds  int             `default:"3" help:"How often each is measured, in turn with its limit; the medians are shown (${default})."`
	Time    time.Duration   `default:"5s" help:"How long one measurement of throughput takes (${default})."`
	Long    time.Duration   `default:"20s" help:"How long one measurement of latency takes (${default})."`
	Sockets int             `default:"1000" help:"Live sockets, and streams (${default})."`
	Backlog int             `default:"1000000" help:"Events to catch up after an outage (${default})."`
	History int             `default:"10000000" help:"Events in the store whose pages are measured (${default})."`
	Syncs   []time.Duration `default:"10ms,30ms,100ms" help:"How long an fsync of the slow disks takes (${default})." placeholder:"TIME,..."`
	JSON    string          `help:"Write every sample to this file too." placeholder:"FILE"`
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "role" {
		if err := playRole(os.Args[2], os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench "+os.Args[2]+":", err)
			os.Exit(1)
		}
		return
	}
	var opts options
	kong.Parse(&opts, kong.Name("bench"), kong.Description("Measure Postern on this machine, and the machine itself beside it."),
		kong.Vars{"figures": strings.Join(figureNames(), ", ")})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, opts)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the requested figures and prints the table. A figure that fails
// doesn't prevent the others.
func run(ctx context.Context, opts options) error {
	chosen, err := choose(opts.Only)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, opts)
	if err != nil {
		return err
	}
	defer b.close()
	var rows []row
	var failed []error
	for _, f := range chosen {
		fmt.Fprintf(os.Stderr, "measuring %s: %s\n", f.name, f.about)
		got, err := f.measure(b)
		rows = append(rows, got...)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", f.name, err))
			fmt.Fprintln(os.Stderr, " ", err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	printTable(os.Stdout, machine(), rows)
	if opts.JSON != "" {
		failed = append(failed, writeJSON(opts.JSON, rows))
	}
	return errors.Join(failed...)
}

// writeJSON writes every sample of every row.
func writeJSON(path string, rows []row) error {
	text, err := json.MarshalIndent(struct {
		Machine string    `json:"machine"`
		At      time.Time `json:"at"`
		Rows    []row     `json:"rows"`
	}{machine(), time.Now().UTC().Truncate(time.Second), rows}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
