package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
)

// logFile is the file that --log-file names. SIGHUP reopens it, for log
// rotation.
type logFile struct {
	path string

	mu   sync.Mutex
	file *os.File
}

func openLogFile(path string) (*logFile, error) {
	l := &logFile{path: path}
	return l, l.reopen()
}

// reopen continues in the file that has the name now. If that can't be opened,
// the current file stays in use.
func (l *logFile) reopen() error {
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log file: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close()
	}
	l.file = file
	return nil
}

func (l *logFile) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Write(line)
}

// logger writes to the file that --log-file names, or to standard error, in
// the chosen form.
func (f *serveFlags) logger(stderr io.Writer) (*slog.Logger, error) {
	out := stderr
	if f.LogFile != "" {
		file, err := openLogFile(f.LogFile)
		if err != nil {
			return nil, err
		}
		f.logFile, out = file, file
	}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, nil)), nil
	}
	return slog.New(slog.NewTextHandler(out, nil)), nil
}
