package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// deployFolder holds what is shipped for Prometheus and Grafana.
const deployFolder = "../../deploy"

var (
	metricUse  = regexp.MustCompile(`\b((?:postern|go|process)_[a-z0-9_]+)(?:\{([^}]*)\})?`)
	labelUse   = regexp.MustCompile(`([a-z_]+)(=~|!~|!=|=)"([^"]*)"`)
	alertRule  = regexp.MustCompile(`(?m)^ +expr: (.+)$`)
	addedLater = []string{"instance", "job"} // by Prometheus, when it scrapes
)

// expressions are all that the dashboard and the alerts ask Prometheus.
func expressions(t *testing.T) (found []string) {
	t.Helper()
	rules, err := os.ReadFile(filepath.Join(deployFolder, "prometheus/postern-alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range alertRule.FindAllStringSubmatch(string(rules), -1) {
		found = append(found, m[1])
	}
	if len(found) != strings.Count(string(rules), "- alert:") {
		t.Errorf("%d expressions for %d alerts", len(found), strings.Count(string(rules), "- alert:"))
	}
	text, err := os.ReadFile(filepath.Join(deployFolder, "grafana/postern.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Templating struct{ List []struct{ Definition string } }
		Panels     []struct {
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, v := range dashboard.Templating.List {
		found = append(found, v.Definition)
	}
	for _, p := range dashboard.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Error("a panel asks nothing")
		}
		for _, target := range p.Targets {
			found = append(found, target.Expr)
		}
	}
	return found
}

func TestDashboardAndAlertsAskForWhatIsThere(t *testing.T) {
	t.Parallel()
	s := startService(t)
	receiver := httptest.NewServer(http.NotFoundHandler())
	defer receiver.Close()
	s.post(apiPath+"/events/webhooks", `{"url":"`+receiver.URL+`","event_types":["*"]}`).want(200)
	m := s.metrics()
	used := 0
	for _, expr := range expressions(t) {
		for _, use := range metricUse.FindAllStringSubmatch(expr, -1) {
			used++
			labels, ok := m.labels[use[1]]
			if !ok {
				t.Errorf("no metric %s, in %s", use[1], expr)
				continue
			}
			for _, l := range labelUse.FindAllStringSubmatch(use[2], -1) {
				values, ok := labels[l[1]]
				switch {
				case slices.Contains(addedLater, l[1]):
				case !ok:
					t.Errorf("%s has no label %s, in %s", use[1], l[1], expr)
				case l[2] == "=~" || l[2] == "!~":
					whole := regexp.MustCompile("^(?:" + l[3] + ")$")
					if !slices.ContainsFunc(values, whole.MatchString) {
						t.Errorf("%s has no %s like %s, in %s", use[1], l[1], l[3], expr)
					}
				case !slices.Contains(values, l[3]):
					t.Errorf("%s has no %s %q, in %s", use[1], l[1], l[3], expr)
				}
			}
		}
	}
	if used < 30 {
		t.Errorf("only %d uses were found", used)
	}
}

func TestPrometheusTakesMetricsRulesAndSettings(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool isn't installed (Debian's package prometheus has it): the form was checked by Postern's own tests alone")
		return
	}
	run := func(stdin string, args ...string) {
		t.Helper()
		cmd := exec.Command(promtool, args...)
		cmd.Dir, cmd.Stdin = filepath.Join(deployFolder, "prometheus"), strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	s := startService(t)
	receiver := httptest.NewServer(http.NotFoundHandler())
	defer receiver.Close()
	s.post(apiPath+"/events/webhooks", `{"url":"`+receiver.URL+`","event_types":["*"]}`).want(200)
	run(s.metrics().text, "check", "metrics")
	run("", "check", "rules", "postern-alerts.yml")
	run("", "test", "rules", "postern-alerts-test.yml")
	run("", "check", "config", "prometheus.yml")
}

// docs/metrics.md tells what each metric means and each alert asks for.
func TestDocumentationNamesEveryMetricAndAlert(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	s := startService(t)
	s.post(apiPath+"/events/webhooks", `{"url":"http://127.0.0.1:9/","event_types":["*"]}`).want(200) // whose metrics are told too
	families := 0
	for line := range strings.Lines(s.metrics().text) {
		family, ok := strings.CutPrefix(line, "# HELP ")
		if family, _, _ = strings.Cut(family, " "); !ok || !strings.HasPrefix(family, "postern_") {
			continue
		}
		if families++; !strings.Contains(string(text), "`"+family) {
			t.Errorf("the documentation doesn't name %s", family)
		}
	}
	rules, err := os.ReadFile(filepath.Join(deployFolder, "prometheus/postern-alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1) {
		if !strings.Contains(string(text), m[1]) {
			t.Errorf("the documentation doesn't name %s", m[1])
		}
	}
	if families < 25 {
		t.Errorf("only %d metrics", families)
	}
}
