// Command postern is the events and webhooks service for biometric and camera
// systems: one binary, one data folder.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set when a release is built.
var version = "0.1.0-dev"

// Exit codes, as is usual: 1 when it failed, 2 when it was called wrongly.
const (
	exitFailed = 1
	exitUsage  = 2
)

// commandLine has the commands.
type commandLine struct {
	Serve   serveCommand   `cmd:"" help:"Run Postern: accept events, store them, show them live and deliver them as webhooks."`
	Demo    demoCommand    `cmd:"" help:"Run Postern with a simulated site and a receiver."`
	User    userCommand    `cmd:"" help:"Add, list and change the accounts of people."`
	Key     keyCommand     `cmd:"" help:"Add, list and revoke the keys of programs."`
	Audit   auditCommand   `cmd:"" help:"List the audit, and verify that it is unchanged."`
	Backup  backupCommand  `cmd:"" help:"Copy the store into a file. Postern may be running."`
	Restore restoreCommand `cmd:"" help:"Make a data folder from a backup, or from what can be read of a damaged store."`
	Verify  verifyCommand  `cmd:"" help:"Read everything in the data folder and compare it with its checksums. Postern may be running."`
	Clock   clockCommand   `cmd:"" help:"Confirm the clock of this machine after a jump."`
	Health  healthCommand  `cmd:"" help:"Report whether the Postern on this machine accepts and delivers events."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// process is the environment of a command.
type process struct {
	ctx            context.Context //nolint:containedctx // ends with a signal to stop
	stdin          *os.File
	stdout, stderr io.Writer
}

// usageError is an invalid flag or value.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// An env file often names a variable and leaves it empty.
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "POSTERN_") && value == "" {
			_ = os.Unsetenv(name)
		}
	}
	// A second signal ends it at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli commandLine
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("postern"),
		kong.Description("The events and webhooks service for biometric and camera systems."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.Vars{"version": version},
		kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(stderr, "postern:", err)
		return exitFailed
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help has been answered
		return exited
	}
	if err != nil {
		return complain(stderr, usageError{err})
	}
	if err := checkEnvironment(variables(parser.Model)); err != nil {
		return complain(stderr, err)
	}
	if err := command.Run(process{ctx: ctx, stdin: os.Stdin, stdout: stdout, stderr: stderr}); err != nil {
		return complain(stderr, err)
	}
	return 0
}

// complain prints an error as one line and returns the exit code.
func complain(stderr io.Writer, err error) int {
	fmt.Fprintln(stderr, "postern:", strings.Join(strings.Fields(err.Error()), " "))
	if usage := (usageError{}); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(p process) error {
	_, err := fmt.Fprintln(p.stdout, "postern", version)
	return err
}
