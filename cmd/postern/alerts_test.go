package main

import (
	"os/exec"
	"testing"
)

// The rules are Prometheus's to read: its own tool checks them, and that each
// alert begins and ends as the examples beside them say.
func TestAlertRulesFireAsTheirExamplesSay(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool isn't installed (make tools does it as root): deploy/prometheus isn't checked")
	}
	for _, args := range [][]string{
		{"check", "rules", "postern-alerts.yml"},
		{"check", "config", "--syntax-only", "prometheus.yml"},
		{"test", "rules", "postern-alerts-test.yml"},
	} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = "../../deploy/prometheus"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
