package access

import (
	"slices"
	"strings"

	"postern/internal/account"
	"postern/internal/problem"
)

// Permission is one thing that a principal may be allowed to do.
type Permission string

// The permissions; the table below says who has them.
const (
	Ingest          Permission = "send events in"
	ReadEvents      Permission = "read events"
	ReadSnapshots   Permission = "see snapshots"
	Export          Permission = "export events"
	Monitor         Permission = "watch the monitor"
	Acknowledge     Permission = "acknowledge alerts"
	AcknowledgeAll  Permission = "acknowledge all alerts at once"
	Silence         Permission = "silence alerts"
	SetCameras      Permission = "set for how long cameras may be silent"
	ReadWebhooks    Permission = "read webhooks and their attempts"
	OperateWebhooks Permission = "pause, resume, test, resend and replay webhooks"
	ManageWebhooks  Permission = "register, change and remove webhooks"
	Erase           Permission = "erase identities and hold events"
	Maintain        Permission = "look after the data folder"
	ManageAccess    Permission = "manage accounts, keys and other people's sessions"
	ReadAudit       Permission = "read the audit"
	ReadMetrics     Permission = "read metrics"
	OwnAccount      Permission = "change the own password and sessions"
)

// Roles and scopes, in the order in which they are shown.
var (
	roles  = []account.Role{account.Viewer, account.Operator, account.Administrator}
	scopes = []account.Scope{account.ScopeIngest, account.ScopeRead, account.ScopeSnapshots, account.ScopeManage, account.ScopeMonitor}
)

// Rule says which roles and scopes have a permission.
type Rule struct {
	Permission Permission
	// Roles and Scopes that have it; any one is enough.
	Roles  []account.Role
	Scopes []account.Scope
	// Unrestricted says that a principal with a camera scope doesn't have it: it
	// concerns all cameras.
	Unrestricted bool
}

// rules is the one table of permissions. The local principal has all of them but
// OwnAccount.
var rules = []Rule{
	{Ingest, []account.Role{account.Administrator}, []account.Scope{account.ScopeIngest}, false},
	{ReadEvents, []account.Role{account.Viewer, account.Operator, account.Administrator}, []account.Scope{account.ScopeRead}, false},
	{ReadSnapshots, []account.Role{account.Operator, account.Administrator}, []account.Scope{account.ScopeSnapshots}, false},
	{Export, []account.Role{account.Operator, account.Administrator}, []account.Scope{account.ScopeRead}, false},
	{Monitor, []account.Role{account.Viewer, account.Operator, account.Administrator}, []account.Scope{account.ScopeMonitor}, false},
	{Acknowledge, []account.Role{account.Operator, account.Administrator}, nil, false},
	{AcknowledgeAll, []account.Role{account.Operator, account.Administrator}, nil, true},
	{Silence, []account.Role{account.Operator, account.Administrator}, []account.Scope{account.ScopeManage}, false},
	{SetCameras, []account.Role{account.Operator, account.Administrator}, []account.Scope{account.ScopeManage}, false},
	{ReadWebhooks, []account.Role{account.Operator, account.Administrator}, []account.Scope{account.ScopeManage}, true},
	{OperateWebhooks, []account.Role{account.Operator, account.Administrator}, []account.Scope{account.ScopeManage}, true},
	{ManageWebhooks, []account.Role{account.Administrator}, []account.Scope{account.ScopeManage}, true},
	{Erase, []account.Role{account.Administrator}, nil, true},
	{Maintain, []account.Role{account.Administrator}, []account.Scope{account.ScopeManage}, true},
	{ManageAccess, []account.Role{account.Administrator}, nil, true},
	{ReadAudit, []account.Role{account.Administrator}, nil, true},
	{ReadMetrics, []account.Role{account.Operator, account.Administrator}, []account.Scope{account.ScopeMonitor}, true},
	{OwnAccount, []account.Role{account.Viewer, account.Operator, account.Administrator}, nil, false},
}

// Rules returns the table of permissions.
func Rules() []Rule { return slices.Clone(rules) }

// ParseRole reads a role's name.
func ParseRole(name string) (account.Role, error) {
	if r := account.Role(name); slices.Contains(roles, r) {
		return r, nil
	}
	return "", problem.InvalidField("role", "The role must be one of %s.", join(roles, ", "))
}

// ParseScopes reads scopes' names: at least one, none twice.
func ParseScopes(names []string) ([]account.Scope, error) {
	var list []account.Scope
	for _, name := range names {
		s := account.Scope(name)
		if !slices.Contains(scopes, s) {
			return nil, problem.InvalidField("scopes", "The scopes must be among %s.", join(scopes, ", "))
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil, problem.InvalidField("scopes", "A key needs at least one scope of %s.", join(scopes, ", "))
	}
	return list, nil
}

// Authorize returns nil if p has the permission. Else its error has the code
// problem.Unauthenticated for an anonymous principal, or problem.Forbidden, and
// says which role or scope is needed.
func Authorize(p Principal, permission Permission) error {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Permission == permission })
	if i < 0 { // no rule has it
		return problem.New(problem.Forbidden, "No role and no key may do this.")
	}
	rule := rules[i]
	switch p.Kind {
	case Local:
		if permission != OwnAccount {
			return nil
		}
		return problem.New(problem.Forbidden, "There is no account here: Postern is open to this machine. Make one with: postern user add")
	case Person:
		if !slices.Contains(rule.Roles, p.Role) {
			return problem.New(problem.Forbidden, "The role %s may not %s; it takes the role %s.", p.Role, permission, join(rule.Roles, " or "))
		}
	case Program:
		if !slices.ContainsFunc(p.Scopes, func(s account.Scope) bool { return slices.Contains(rule.Scopes, s) }) {
			if len(rule.Scopes) == 0 {
				return problem.New(problem.Forbidden, "No key may %s; sign in with an account that may.", permission)
			}
			return problem.New(problem.Forbidden, "The key %s may not %s; it takes a key with the scope %s.", p.Name, permission,
				join(rule.Scopes, " or "))
		}
	default:
		return problem.New(problem.Unauthenticated, "Sign in, or send a key: Authorization: Bearer %s…", keyPrefix)
	}
	if rule.Unrestricted && !p.Cameras.All() {
		return problem.New(problem.Forbidden, "A principal that is restricted to some cameras may not %s: that concerns all cameras.", permission)
	}
	return nil
}

func join[T ~string](list []T, separator string) string {
	var b strings.Builder
	for i, v := range list {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(string(v))
	}
	return b.String()
}
