package access

import (
	"slices"
	"strings"

	"postern/internal/account"
)

// Permission is one thing that may be allowed.
type Permission string

// The permissions; the table below says who has them.
const (
	Ingest          Permission = "send events in"
	ReadEvents      Permission = "read events"
	Export          Permission = "export events"
	Monitor         Permission = "watch the monitor"
	Acknowledge     Permission = "acknowledge alerts"
	AcknowledgeAll  Permission = "acknowledge all alerts at once"
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
	scopes = []account.Scope{account.ScopeIngest, account.ScopeRead, account.ScopeManage, account.ScopeMonitor}
)

// Rule says who has a permission.
type Rule struct {
	Permission Permission
	// Roles and Scopes that have it; any one is enough.
	Roles  []account.Role
	Scopes []account.Scope
	// Unrestricted says that whoever is restricted to cameras doesn't have
	// it: what it leads to can't be narrowed to them.
	Unrestricted bool
}

// rules is the one table of who may do what. Whoever is on this machine with
// access control off has all of it but OwnAccount.
var rules = []Rule{
	{Ingest, []account.Role{account.Administrator}, []account.Scope{account.ScopeIngest}, false},
	{ReadEvents, []account.Role{account.Viewer, account.Operator, account.Administrator}, []account.Scope{account.ScopeRead}, false},
	{Export, []account.Role{account.Operator, account.Administrator}, []account.Scope{account.ScopeRead}, false},
	{Monitor, []account.Role{account.Viewer, account.Operator, account.Administrator}, []account.Scope{account.ScopeMonitor}, false},
	{Acknowledge, []account.Role{account.Operator, account.Administrator}, nil, false},
	{AcknowledgeAll, []account.Role{account.Operator, account.Administrator}, nil, true},
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

// Rules returns the table of who may do what.
func Rules() []Rule { return slices.Clone(rules) }

// ParseRole reads a role's name.
func ParseRole(name string) (account.Role, error) {
	if r := account.Role(name); slices.Contains(roles, r) {
		return r, nil
	}
	return "", invalid("role", "The role must be one of %s.", join(roles, ", "))
}

// ParseScopes reads scopes' names: at least one, none twice.
func ParseScopes(names []string) ([]account.Scope, error) {
	var list []account.Scope
	for _, name := range names {
		s := account.Scope(name)
		if !slices.Contains(scopes, s) {
			return nil, invalid("scopes", "The scopes must be among %s.", join(scopes, ", "))
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil, invalid("scopes", "A key needs at least one scope of %s.", join(scopes, ", "))
	}
	return list, nil
}

// Authorize returns nil if p has the permission, else a Refusal: ErrUnauthenticated
// where nobody is known, or ErrForbidden with a sentence that says what it takes.
func Authorize(p Principal, permission Permission) error {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Permission == permission })
	if i < 0 { // a permission that nobody has
		return refuse(ErrForbidden, "Nobody may do this.")
	}
	rule := rules[i]
	switch p.Kind {
	case Local:
		if permission != OwnAccount {
			return nil
		}
		return refuse(ErrForbidden, "There is no account here: Postern is open to this machine. Make one with: postern user add")
	case Person:
		if !slices.Contains(rule.Roles, p.Role) {
			return refuse(ErrForbidden, "The role %s may not %s; it takes the role %s.", p.Role, permission, join(rule.Roles, " or "))
		}
	case Program:
		if !slices.ContainsFunc(p.Scopes, func(s account.Scope) bool { return slices.Contains(rule.Scopes, s) }) {
			if len(rule.Scopes) == 0 {
				return refuse(ErrForbidden, "No key may %s; sign in with an account that may.", permission)
			}
			return refuse(ErrForbidden, "The key %s may not %s; it takes a key with the scope %s.", p.Name, permission, join(rule.Scopes, " or "))
		}
	default:
		return refuse(ErrUnauthenticated, "Sign in, or send a key: Authorization: Bearer %s…", keyPrefix)
	}
	if rule.Unrestricted && !p.Cameras.All() {
		return refuse(ErrForbidden, "Whoever is restricted to some cameras may not %s: that concerns all cameras.", permission)
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
