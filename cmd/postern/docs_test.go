package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"postern/internal/porttest"
)

// notRun are the blocks of commands that can't be run here: each page's, by
// their first two words. A page says why in a comment before the block.
var notRun = map[string][]string{
	"install.md": {"apt-get update", "install -d", "cat >", "sed 's/postern\\.example\\.com/postern.example.com/'", "runuser -u", "read -r",
		"runuser -u", "install -d", "cat /var/lib/postern/secret.key", "BACKUP=\"$(ls /var/backups/postern/postern-*.db"},
	"README.md":     {"make run"},
	"quickstart.md": {"make build"},
	"operating.md":  {"P=$(pidof postern)", "postern restore"},
	"releasing.md":  {"git tag", "make release"},
}

// block is a fenced block of commands on a page.
type block struct {
	line    int
	note    string // the comment before it
	command string
}

var (
	noteLine  = regexp.MustCompile(`^<!-- ((?:not run|run|answers): .+) -->$`)
	fenceLine = regexp.MustCompile("^ *```(\\S*)$")
	looksRun  = regexp.MustCompile(`(?m)^(?:\$ |curl |postern |make |systemctl |docker |sudo )`)
)

// readBlocks returns a page's blocks of commands in order.
func readBlocks(t *testing.T, path string) (blocks []block) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var open *block
	var language, note string
	for i, line := range strings.Split(string(text), "\n") {
		fence := fenceLine.FindStringSubmatch(line)
		switch {
		case fence != nil && open == nil:
			open, language = &block{line: i + 1, note: note}, fence[1]
			note = ""
		case fence != nil:
			if slices.Contains([]string{"sh", "bash", "console"}, language) {
				blocks = append(blocks, *open)
			} else if looksRun.MatchString(open.command) {
				t.Errorf("%s:%d: commands in a block that isn't sh", path, open.line)
			}
			open = nil
		case open != nil:
			open.command += strings.TrimPrefix(line, "$ ") + "\n"
		default:
			if note != "" {
				t.Errorf("%s:%d: no block after %q", path, i+1, note)
				note = ""
			}
			if m := noteLine.FindStringSubmatch(line); m != nil {
				note = m[1]
			}
		}
	}
	if open != nil || note != "" {
		t.Errorf("%s: a block or a note has no end", path)
	}
	return blocks
}

// TestCommandsInTheDocumentationWork runs every command of the README and of
// docs/ as a reader would: page by page, in order, each page with a Postern
// of its own in a folder of its own.
func TestCommandsInTheDocumentationWork(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	for _, path := range append(pages, "../../README.md") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			blocks := readBlocks(t, path)
			if len(blocks) == 0 {
				return
			}
			r := newReader(t)
			var left []string
			for _, b := range blocks {
				where := fmt.Sprintf("%s:%d", filepath.Base(path), b.line)
				kind, what, _ := strings.Cut(b.note, ": ")
				switch kind {
				case "not run":
					left = append(left, firstWords(b.command))
				case "answers":
					r.refused(where, b.command, what)
				case "run":
					if what != "beside the rest" {
						t.Errorf("%s: %q is not understood", where, b.note)
					}
					t.Cleanup(r.background(b.command, r.heard))
				default:
					r.run(where, b.command)
				}
			}
			if want := notRun[filepath.Base(path)]; !slices.Equal(left, want) {
				t.Errorf("marked as not run are %q, the test knows %q", left, want)
			}
			if filepath.Base(path) == "quickstart.md" {
				eventually(t, "the receiver has verified the delivery", func() bool {
					return strings.Contains(r.heard.String(), "verified watchlist_alert my-first-event")
				})
			}
		})
	}
}

func firstWords(command string) string {
	return strings.Join(strings.Fields(command)[:2], " ")
}

// reader is who types a page's commands.
type reader struct {
	t      *testing.T
	dir    string
	data   string
	daemon *daemon
	alert  string      // EVENT_ID on the pages
	port   string      // 9000 on the pages: a receiver's
	heard  *syncBuffer // from what runs beside
}

// newReader has Postern serving in ./data with one open alert, postern on the
// path and in ./bin, a certificate, and a folder for backups.
func newReader(t *testing.T) *reader {
	t.Helper()
	dir := t.TempDir()
	r := &reader{t: t, dir: dir, data: filepath.Join(dir, "data"), alert: "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210", heard: &syncBuffer{}}
	for _, folder := range []string{"bin", "var/lib", "media/backup"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"bin/postern": binary, "var/lib/postern": r.data,
		"secret.key": filepath.Join(r.data, "secret.key")} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	selfSigned(t, dir, 1)
	r.port = porttest.Free(t)
	r.serve()
	status, _ := r.daemon.request("POST", "/api/v1/events",
		`{"id":"`+r.alert+`","type":"watchlist_alert","source":"face_pipeline","camera_id":"lobby-cam-1"}`, nil)
	if status != 202 {
		t.Fatal(status)
	}
	return r
}

// serve starts Postern with a page's flags, in place of the one before, and
// leads localhost:8000 to it.
func (r *reader) serve(flags ...string) {
	r.t.Helper()
	if r.daemon != nil {
		if code := r.daemon.stop(); code != 0 {
			r.t.Fatalf("it stopped with %d: %s", code, r.daemon.log)
		}
	}
	if i := slices.Index(flags, "--data"); i >= 0 {
		r.data = flags[i+1]
		flags = slices.Delete(flags, i, i+2)
	}
	for i, f := range flags {
		switch {
		case i == 0:
		case flags[i-1] == "--listen": // on any free port
			flags[i] = f[:strings.LastIndexByte(f, ':')] + ":0"
		case strings.HasPrefix(flags[i-1], "--tls-"):
			flags[i] = filepath.Join(r.dir, f)
		}
	}
	r.daemon = start(r.t, r.data, flags...)
	at, err := url.Parse(r.daemon.base)
	if err != nil {
		r.t.Fatal(err)
	}
	config := "silent\nfail-with-body\nmax-time = 60\nconnect-to = \"localhost:8000:127.0.0.1:" + at.Port() + "\"\n"
	if err := os.WriteFile(filepath.Join(r.dir, ".curlrc"), []byte(config), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

var (
	serveCommandLine = regexp.MustCompile(`^(?:bin/)?postern serve\b(.*)$`)
	streamLine       = regexp.MustCompile(`^curl -N `)
)

// run runs a block. Two kinds of lines have no end by themselves: postern
// serve, which takes the place of the Postern before, and a stream, which
// is left when something has come.
func (r *reader) run(where, command string) {
	r.t.Helper()
	var some strings.Builder
	flush := func() {
		if strings.TrimSpace(some.String()) != "" {
			if out, err := r.shell(some.String()).CombinedOutput(); err != nil {
				r.t.Fatalf("%s: %v\n%s\n%s", where, err, some.String(), out)
			}
		}
		some.Reset()
	}
	for line := range strings.Lines(command) {
		if m := serveCommandLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			flush()
			flags, _, _ := strings.Cut(m[1], "#")
			r.serve(strings.Fields(r.here(flags))...)
		} else if streamLine.MatchString(line) {
			flush()
			r.stream(where, line)
		} else {
			some.WriteString(line)
		}
	}
	flush()
}

// refused runs a block that Postern must refuse with a status.
func (r *reader) refused(where, command, status string) {
	r.t.Helper()
	out, err := r.shell(command).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), `"status":`+status+",") {
		r.t.Fatalf("%s: %v, want an answer %s\n%s", where, err, status, out)
	}
}

// stream follows a stream until it has said something.
func (r *reader) stream(where, command string) {
	r.t.Helper()
	var out syncBuffer
	end := r.background(command, &out)
	eventually(r.t, where+": a first message", func() bool { return strings.Contains(out.String(), `"heartbeat":true`) })
	end()
}

// background starts commands and returns what ends them.
func (r *reader) background(command string, out *syncBuffer) (end func()) {
	r.t.Helper()
	sh := r.shell(command)
	sh.Stdout, sh.Stderr = out, out
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := sh.Start(); err != nil {
		r.t.Fatal(err)
	}
	return func() {
		_ = syscall.Kill(-sh.Process.Pid, syscall.SIGKILL)
		_ = sh.Wait()
	}
}

// shell is a shell that stops at the first command that fails.
func (r *reader) shell(command string) *exec.Cmd {
	sh := exec.Command("sh", "-e", "-c", r.here(command))
	sh.Dir = r.dir
	sh.Stdin = bytes.NewReader([]byte("correct horse battery\n")) // a new account's password
	sh.Env = append(cleanEnv(), "HOME="+r.dir, "CURL_HOME="+r.dir, "PASSWORD=correct horse battery",
		"PATH="+filepath.Join(r.dir, "bin")+":"+os.Getenv("PATH"))
	if at, err := url.Parse(r.daemon.base); err == nil { // where postern health asks
		sh.Env = append(sh.Env, "POSTERN_LISTEN=127.0.0.1:"+at.Port())
	}
	return sh
}

// here puts this folder's paths and ids in place of a page's.
func (r *reader) here(command string) string {
	return strings.NewReplacer("/var/lib/", r.dir+"/var/lib/", "/media/backup/", r.dir+"/media/backup/", "EVENT_ID", r.alert,
		"127.0.0.1:9000", "127.0.0.1:"+r.port, "listen(9000,", "listen("+r.port+",").Replace(command)
}
