package main

import (
	"strings"
	"testing"
)

func TestUnknownVariableStopsEveryCommandAndSuggestsTheRightOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ env, args, says string }{
		{"POSTERN_REQUIRE_ACCES=true", "serve", "did you mean POSTERN_REQUIRE_ACCESS?"},
		{"POSTERN_REQUIER_ACCESS=true", "serve", "did you mean POSTERN_REQUIRE_ACCESS?"},
		{"POSTERN_REQUIREACCESS=1", "serve", "did you mean POSTERN_REQUIRE_ACCESS?"},
		{"postern_require_access=1", "serve", "did you mean POSTERN_REQUIRE_ACCESS?"},
		{"POSTERN_LISTENER=127.0.0.1:0", "serve", "did you mean POSTERN_LISTEN?"},
		{"POSTERN_TARGET_PORT=443", "serve", "did you mean POSTERN_TARGET_PORTS?"},
		{"POSTERN_TRUSTED_PROXIES=10.0.0.1", "serve", "did you mean POSTERN_TRUSTED_PROXY?"},
		{"POSTERN_KEYS=hunter2", "serve", "did you mean POSTERN_KEY?"},
		{"POSTERN_DELIVERY_PROXY_LOGON=alice:hunter2", "serve", "did you mean POSTERN_DELIVERY_PROXY_LOGIN?"},
		{"POSTERN_DEMO_SEEDS=4", "demo", "did you mean POSTERN_DEMO_SEED?"},
		{"POSTERN_DATE=/hunter2", "user list", "did you mean POSTERN_DATA?"},
		{"POSTERN_DATE=/hunter2", "key list", "did you mean POSTERN_DATA?"},
		{"POSTERN_DATE=/hunter2", "audit list", "did you mean POSTERN_DATA?"},
		{"POSTERN_DATE=/hunter2", "backup /tmp/never", "did you mean POSTERN_DATA?"},
		{"POSTERN_DATE=/hunter2", "restore /tmp/never", "did you mean POSTERN_DATA?"},
		{"POSTERN_DATE=/hunter2", "health", "did you mean POSTERN_DATA?"},
		{"POSTERN_DATE=/hunter2", "version", "did you mean POSTERN_DATA?"},
		{"POSTERN_COFFEE_MACHINE=hunter2", "serve", "POSTERN_COFFEE_MACHINE;"},
		{"POSTERN_WEB_PORT=8000", "serve", "POSTERN_WEB_PORT"}, // there is no such service
	} {
		t.Run(c.env+" "+c.args, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t, []string{c.env}, strings.Fields(c.args)...)
			name, _, _ := strings.Cut(c.env, "=")
			if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, name) ||
				!strings.Contains(stderr, c.says) || strings.Contains(stderr, "hunter2") {
				t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
	t.Run("all are named at once", func(t *testing.T) {
		t.Parallel()
		_, _, stderr := command(t, []string{"POSTERN_LISTEM=x", "POSTERN_RETAINS=x"}, "serve")
		if !strings.Contains(stderr, "POSTERN_LISTEN?") || !strings.Contains(stderr, "POSTERN_RETAIN?") {
			t.Error(stderr)
		}
	})
	t.Run("help is given all the same", func(t *testing.T) {
		t.Parallel()
		if code, _, stderr := command(t, []string{"POSTERN_LISTEM=x"}, "serve", "--help"); code != 0 {
			t.Errorf("exit %d, %s", code, stderr)
		}
	})
}

func TestVariablesThatAreNoMistakeAreLeftAlone(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{
		"none":              nil,
		"empty":             {"POSTERN_LISTEM="},
		"of other commands": {"POSTERN_DEMO_RATE=4", "POSTERN_DATA=/nowhere", "POSTERN_LISTEN=127.0.0.1:1", "POSTERN_LOG_FILE=/nowhere"},
		"for receivers":     {"POSTERN_WEBHOOK_SECRET=hunter2"},
		"of Kubernetes": {"POSTERN_SERVICE_HOST=10.0.0.1", "POSTERN_SERVICE_PORT=8000", "POSTERN_SERVICE_PORT_HTTP=8000",
			"POSTERN_PORT=tcp://10.0.0.1:8000",
			"POSTERN_PORT_8000_TCP=tcp://10.0.0.1:8000", "POSTERN_PORT_8000_TCP_PROTO=tcp", "POSTERN_PORT_8000_TCP_PORT=8000",
			"POSTERN_PORT_8000_TCP_ADDR=10.0.0.1"},
		"of Kubernetes for postern-web": {"POSTERN_WEB_SERVICE_HOST=10.0.0.2", "POSTERN_WEB_SERVICE_PORT=80",
			"POSTERN_WEB_PORT=tcp://10.0.0.2:80", "POSTERN_WEB_PORT_80_TCP=tcp://10.0.0.2:80"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if code, stdout, stderr := command(t, env, "version"); code != 0 || stdout != "postern "+version+"\n" || stderr != "" {
				t.Errorf("exit %d, %q, %q", code, stdout, stderr)
			}
		})
	}
}
