package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"postern/internal/porttest"
)

// image is what deploy/Containerfile's last stage says.
type image struct {
	copies          [][2]string // from the build, to
	user            uint32
	env             []string
	dir             string
	entry, cmd, fit []string // what runs, with what, and the health check
}

func readImage(t *testing.T) (im image) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	list := func(s string) (out []string) {
		if err := json.Unmarshal([]byte(s), &out); err != nil {
			t.Fatalf("%v: %s", err, s)
		}
		return out
	}
	_, last, found := strings.Cut(string(text), "\nFROM scratch\n")
	if !found || strings.Contains(last, "\nFROM ") {
		t.Fatal("the last stage isn't FROM scratch")
	}
	for line := range strings.Lines(last) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "", "#", "VOLUME", "EXPOSE":
		case "COPY":
			m := regexp.MustCompile(`^--from=build (?:--chown=\S+ )?(\S+) (\S+)$`).FindStringSubmatch(rest)
			if m == nil {
				t.Fatalf("COPY %s isn't understood", rest)
			}
			im.copies = append(im.copies, [2]string{m[1], m[2]})
		case "USER":
			if _, err := fmt.Sscanf(rest, "%d:", &im.user); err != nil || im.user == 0 {
				t.Fatalf("USER %s", rest)
			}
		case "ENV":
			im.env = append(im.env, rest)
		case "WORKDIR":
			im.dir = rest
		case "HEALTHCHECK":
			im.fit = list(rest[strings.Index(rest, "["):])
		case "ENTRYPOINT":
			im.entry = list(rest)
		case "CMD":
			im.cmd = list(rest)
		default:
			t.Fatalf("%s isn't understood", line)
		}
	}
	return im
}

// TestContainersContentsServe puts into a folder what the image would hold,
// and runs it there as the image would: alone, as another user, with nothing
// else to read or write.
func TestContainersContentsServe(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root may change the root folder: the container's contents aren't started")
	}
	im := readImage(t)
	root, err := os.MkdirTemp("/tmp", "image") // which others may pass through
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range im.copies {
		to := filepath.Join(root, c[1])
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		switch c[0] {
		case "/out/data":
			err = os.Mkdir(to, 0o700)
			if err == nil {
				err = os.Chown(to, int(im.user), int(im.user))
			}
		case "/out/postern":
			err = copyInto(binary, to, 0o755)
		default:
			err = copyInto(c[0], to, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	port := porttest.Free(t)
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: im.user, Gid: im.user}}
		cmd.Dir = im.dir
		for _, v := range im.env {
			cmd.Env = append(cmd.Env, strings.Replace(v, ":8000", ":"+port, 1))
		}
		return cmd
	}
	if out, err := run(im.fit...).CombinedOutput(); err == nil || !strings.Contains(string(out), "nobody answers") {
		t.Errorf("healthy before it runs: %v %s", err, out)
	}
	if out, err := run(append(im.entry, "user", "add", "root", "--role", "administrator", "--generate")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	key, err := run(append(im.entry, "key", "add", "engine", "--scope", "ingest")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, key)
	}
	serve := run(append(im.entry, im.cmd...)...)
	log := &syncBuffer{}
	serve.Stdout, serve.Stderr = log, log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = serve.Process.Kill()
		_ = serve.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	eventually(t, "it is healthy", func() bool { return run(im.fit...).Run() == nil })
	req, err := http.NewRequest("POST", "http://127.0.0.1:"+port+"/api/v1/events", strings.NewReader(`{"type":"face_detected","source":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+regexp.MustCompile(`pst_\w+`).FindString(string(key)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		t.Error(res.Status)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("it stopped with %v", err)
	}
}

func copyInto(from, to string, mode os.FileMode) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, mode)
}

// TestServiceUnitIsTakenAndTight asks systemd what it thinks of the unit.
func TestServiceUnitIsTakenAndTight(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze isn't installed: the unit isn't checked")
	}
	unit, err := os.ReadFile("../../deploy/systemd/postern.service")
	if err != nil {
		t.Fatal(err)
	}
	// The program and the user aren't installed here.
	text := strings.NewReplacer("/usr/local/bin/postern", binary, "User=postern", "User=daemon").Replace(string(unit))
	file := filepath.Join(t.TempDir(), "postern.service")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput(); err != nil ||
		strings.Contains(string(out), file) {
		t.Errorf("verify: %v\n%s", err, out)
	}
	// The socket belongs to the service of the same name.
	socket := filepath.Join(filepath.Dir(file), "postern.socket")
	if err := copyInto("../../deploy/systemd/postern.socket", socket, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", socket).CombinedOutput(); err != nil ||
		strings.Contains(string(out), socket) {
		t.Errorf("verify: %v\n%s", err, out)
	}
	// From 0 (tight) to 100.
	if out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager",
		file).CombinedOutput(); err != nil {
		t.Errorf("security: %v\n%s", err, out)
	}
}
