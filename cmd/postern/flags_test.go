package main

import (
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBadFlagIsOneLineThatNamesIt(t *testing.T) {
	for _, c := range []struct {
		env  string
		args string
		says string
	}{
		{"", "serve --nope", "--nope"},
		{"", "serve --listen nowhere", "--listen"},
		{"", "serve --listen 127.0.0.1:99999", "--listen"},
		{"", "demo --listen 0.0.0.0:8000", "loopback"},
		{"", "serve --tls-cert cert.pem", "--tls-key"},
		{"", "serve --trusted-proxy nowhere", "--trusted-proxy"},
		{"", "serve --allow-target 10.0.0.0/99", "--allow-target"},
		{"", "serve --retain 3parsecs", "--retain"},
		{"", "serve --retain 1s", "--retain"},
		{"", "serve --retain-bytes lots", "--retain-bytes"},
		{"", "serve --retain-bytes 10", "--retain-bytes"},
		{"", "serve --retain-attempts 1s", "--retain-attempts"},
		{"POSTERN_KEY=tooshort", "serve --listen 127.0.0.1:0", "POSTERN_KEY"},
		{"", "serve --history 0", "--history"},
		{"", "serve --shifts 14:00,06:00", "--shifts"},
		{"", "serve --history many", "--history"},
		{"", "serve --log-format xml", "--log-format"},
		{"", "demo --rate 0", "--rate"},
		{"", "serve --deny-host 10.0.0.1", "--deny-host"},
		{"", "serve --deny-host a..b", "--deny-host"},
		{"", "serve --target-ports 0", "--target-ports"},
		{"", "serve --target-ports 443,9100-9000", "--target-ports"},
		{"", "serve --delivery-proxy socks5://proxy.example", "--delivery-proxy"},
		{"POSTERN_DELIVERY_PROXY_LOGIN=nonsense", "serve --delivery-proxy http://proxy.example", "POSTERN_DELIVERY_PROXY_LOGIN"},
		{"POSTERN_DELIVERY_PROXY_LOGIN=a:b", "serve", "--delivery-proxy"},
		{"", "serve --public-url postern.example.com", "--public-url"},
		{"", "dance", "dance"},
		{"", "", "serve"},
		{"POSTERN_LISTEN=nowhere", "serve", "--listen"},
		{"POSTERN_RETAIN_BYTES=lots", "serve", "--retain-bytes"},
	} {
		t.Run(c.env+" "+c.args, func(t *testing.T) {
			code, stdout, stderr := command(t, []string{c.env}, strings.Fields(c.args)...)
			if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.says) {
				t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

func TestVersionAndHelp(t *testing.T) {
	if code, out, _ := command(t, nil, "version"); code != 0 || out != "postern "+version+"\n" {
		t.Errorf("version: exit %d, %q", code, out)
	}
	code, out, _ := command(t, nil, "serve", "--help")
	if code != 0 {
		t.Errorf("help: exit %d", code)
	}
	for _, flag := range []string{"--listen", "--data", "--allow-http", "--allow-target", "--retain", "--retain-attempts", "--retain-bytes",
		"--history", "--log-format", "--shifts",
		"--deny-host", "--target-ports", "--delivery-proxy", "--public-url"} {
		if !strings.Contains(out, flag) || !strings.Contains(out, "POSTERN_"+strings.ToUpper(strings.ReplaceAll(flag[2:], "-", "_"))) {
			t.Errorf("help lacks %s or its variable", flag)
		}
	}
}

func TestWhatCannotStartSaysWhyInOneLine(t *testing.T) {
	t.Run("the port is taken", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		failsWith(t, "address already in use", "--data", t.TempDir(), "--listen", ln.Addr().String())
	})
	t.Run("another process has the folder", func(t *testing.T) {
		data := t.TempDir()
		d := start(t, data)
		failsWith(t, "in use", "--data", data, "--listen", "127.0.0.1:0")
		if status, _ := d.request("GET", "/healthz", "", nil); status != 200 {
			t.Error("the first one was disturbed")
		}
	})
	t.Run("a newer version wrote the store", func(t *testing.T) {
		data := t.TempDir()
		start(t, data).stop()
		db, err := sql.Open("sqlite", filepath.Join(data, "postern.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("PRAGMA user_version = 999"); err != nil {
			t.Fatal(err)
		}
		db.Close()
		failsWith(t, "newer version", "--data", data, "--listen", "127.0.0.1:0")
	})
	t.Run("the folder is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		failsWith(t, "data folder", "--data", file, "--listen", "127.0.0.1:0")
	})
	t.Run("the store is something else", func(t *testing.T) {
		data := t.TempDir()
		if err := os.WriteFile(filepath.Join(data, "postern.db"), []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		failsWith(t, "not a database", "--data", data, "--listen", "127.0.0.1:0")
	})
}

func failsWith(t *testing.T, says string, flags ...string) {
	t.Helper()
	code, _, stderr := command(t, nil, append([]string{"serve"}, flags...)...)
	if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, says) {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}
