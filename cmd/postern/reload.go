package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// hangups receives SIGHUP until the process ends. Without a receiver, SIGHUP
// would end the process.
func hangups() <-chan os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	return signals
}

// reloading holds the parts that SIGHUP reloads; a part that isn't in use is
// nil.
type reloading struct {
	certificate *certificate
	logFile     *logFile
	log         *slog.Logger
}

// Run reloads at each signal until ctx ends.
func (r *reloading) Run(ctx context.Context, signals <-chan os.Signal) error {
	for {
		select {
		case <-signals:
			r.reload()
		case <-ctx.Done():
			return nil
		}
	}
}

// reload reopens the log file, reads the certificate again, and logs the
// result. Where a file can't be read, the current one stays in use.
func (r *reloading) reload() {
	logTo := "standard error"
	if r.logFile != nil {
		logTo = "opened again"
		if err := r.logFile.reopen(); err != nil {
			logTo = "kept"
			r.log.Error("log file not reopened; the previous one stays in use", slog.Any("error", err))
		}
	}
	certificate := "none"
	if r.certificate != nil {
		certificate = "read again"
		if err := r.certificate.reload(); err != nil {
			certificate = "kept"
			r.log.Error("certificate not reloaded; the previous one stays in use", slog.Any("error", err))
		}
	}
	r.log.Info("reloaded after SIGHUP", slog.String("certificate", certificate), slog.String("log", logTo))
}
