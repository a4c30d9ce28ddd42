package access

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"postern/internal/account"
	"postern/internal/problem"
)

// TestWhoMayDoWhat writes the table out a second time, so that no change of
// it goes unnoticed.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	table := map[Permission]string{
		Ingest:          "local administrator ingest ingest/lobby",
		ReadEvents:      "local viewer viewer/lobby operator operator/lobby administrator read read/lobby",
		ReadSnapshots:   "local operator operator/lobby administrator snapshots snapshots/lobby",
		Export:          "local operator operator/lobby administrator read read/lobby",
		Monitor:         "local viewer viewer/lobby operator operator/lobby administrator monitor monitor/lobby",
		Acknowledge:     "local operator operator/lobby administrator",
		AcknowledgeAll:  "local operator administrator",
		ReadWebhooks:    "local operator administrator manage",
		Silence:         "local operator operator/lobby administrator manage manage/lobby",
		SetCameras:      "local operator operator/lobby administrator manage manage/lobby",
		OperateWebhooks: "local operator administrator manage",
		ManageWebhooks:  "local administrator manage",
		Erase:           "local administrator",
		Maintain:        "local administrator manage",
		ManageAccess:    "local administrator",
		ReadAudit:       "local administrator",
		ReadMetrics:     "local operator administrator monitor",
		OwnAccount:      "viewer viewer/lobby operator operator/lobby administrator",
	}
	lobby := account.OnlyCameras("lobby")
	principals := map[string]Principal{"nobody": {}, "local": LocalPrincipal(), "a role of the future": {Kind: Person, Role: "king"},
		"a kind of the future": {Kind: 99, Role: account.Administrator}}
	for _, r := range roles {
		principals[string(r)] = Principal{Kind: Person, Role: r}
		principals[string(r)+"/lobby"] = Principal{Kind: Person, Role: r, Cameras: lobby}
	}
	delete(principals, "administrator/lobby") // can't be made
	for _, s := range scopes {
		principals[string(s)] = Principal{Kind: Program, Name: "k", Scopes: []account.Scope{s}}
		principals[string(s)+"/lobby"] = Principal{Kind: Program, Name: "k", Scopes: []account.Scope{s}, Cameras: lobby}
	}
	if len(Rules()) != len(table) {
		t.Errorf("there are %d rules, %d are written here", len(Rules()), len(table))
	}
	for permission, allowed := range table {
		for name, p := range principals {
			err := Authorize(p, permission)
			if may := slices.Contains(strings.Fields(allowed), name); may != (err == nil) {
				t.Errorf("%s and %q: %v", name, permission, err)
			} else if err != nil {
				kind := problem.Forbidden
				if p.Kind == Anonymous || p.Kind > Program {
					kind = problem.Unauthenticated
				}
				if !errors.Is(err, kind) || len(err.Error()) < 20 {
					t.Errorf("%s and %q: %v, want %v", name, permission, err, kind)
				}
			}
		}
	}
	if Authorize(LocalPrincipal(), "fly") == nil {
		t.Error("a permission without a rule is everybody's")
	}
	// Scopes add up, and a restriction holds for them all.
	both := Principal{Kind: Program, Scopes: []account.Scope{account.ScopeIngest, account.ScopeMonitor}, Cameras: lobby}
	if Authorize(both, Ingest) != nil || Authorize(both, Monitor) != nil || Authorize(both, ReadEvents) == nil ||
		Authorize(both, ReadMetrics) == nil {
		t.Error("two scopes are not the sum of both")
	}
}

func TestRefusalsSayWhatItTakes(t *testing.T) {
	t.Parallel()
	want(t, Authorize(Principal{}, ReadEvents), problem.Unauthenticated, "Sign in", "Authorization: Bearer pst_")
	want(t, Authorize(Principal{Kind: Person, Role: account.Viewer}, Export), problem.Forbidden, "viewer may not export events",
		"operator or administrator")
	want(t, Authorize(Principal{Kind: Program, Name: "engine", Scopes: []account.Scope{account.ScopeIngest}}, ReadEvents), problem.Forbidden,
		"engine may not read events", "scope read")
	want(t, Authorize(Principal{Kind: Program, Scopes: []account.Scope{account.ScopeManage}}, ManageAccess), problem.Forbidden,
		"No key may", "sign in")
	want(t, Authorize(Principal{Kind: Person, Role: account.Operator, Cameras: account.OnlyCameras("a")}, ReadMetrics), problem.Forbidden,
		"restricted", "all cameras")
}
