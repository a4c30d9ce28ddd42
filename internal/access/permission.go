package access

import (
	"slices"
	"strings"
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

// Role is what an account may do.
type Role string

// The roles, each with all that the one before it has.
const (
	Viewer        Role = "viewer"
	Operator      Role = "operator"
	Administrator Role = "administrator"
)

// Scope is a part of what a key may do.
type Scope string

// The scopes. None of them leads to accounts, keys or the audit: a key can't
// make another one.
const (
	ScopeIngest  Scope = "ingest"
	ScopeRead    Scope = "read"
	ScopeManage  Scope = "manage"
	ScopeMonitor Scope = "monitor"
)

// Roles and scopes, in the order in which they are shown.
var (
	roles  = []Role{Viewer, Operator, Administrator}
	scopes = []Scope{ScopeIngest, ScopeRead, ScopeManage, ScopeMonitor}
)

// Rule says who has a permission.
type Rule struct {
	Permission Permission
	// Roles and Scopes that have it; any one is enough.
	Roles  []Role
	Scopes []Scope
	// Unrestricted says that whoever is restricted to cameras doesn't have
	// it: what it leads to can't be narrowed to them.
	Unrestricted bool
}

// rules is the one table of who may do what. Whoever is on this machine with
// access control off has all of it but OwnAccount.
var rules = []Rule{
	{Ingest, []Role{Administrator}, []Scope{ScopeIngest}, false},
	{ReadEvents, []Role{Viewer, Operator, Administrator}, []Scope{ScopeRead}, false},
	{Export, []Role{Operator, Administrator}, []Scope{ScopeRead}, false},
	{Monitor, []Role{Viewer, Operator, Administrator}, []Scope{ScopeMonitor}, false},
	{Acknowledge, []Role{Operator, Administrator}, nil, false},
	{AcknowledgeAll, []Role{Operator, Administrator}, nil, true},
	{SetCameras, []Role{Operator, Administrator}, []Scope{ScopeManage}, false},
	{ReadWebhooks, []Role{Operator, Administrator}, []Scope{ScopeManage}, true},
	{OperateWebhooks, []Role{Operator, Administrator}, []Scope{ScopeManage}, true},
	{ManageWebhooks, []Role{Administrator}, []Scope{ScopeManage}, true},
	{Erase, []Role{Administrator}, nil, true},
	{Maintain, []Role{Administrator}, []Scope{ScopeManage}, true},
	{ManageAccess, []Role{Administrator}, nil, true},
	{ReadAudit, []Role{Administrator}, nil, true},
	{ReadMetrics, []Role{Operator, Administrator}, []Scope{ScopeMonitor}, true},
	{OwnAccount, []Role{Viewer, Operator, Administrator}, nil, false},
}

// Rules returns the table of who may do what.
func Rules() []Rule { return slices.Clone(rules) }

// ParseRole reads a role's name.
func ParseRole(name string) (Role, error) {
	if r := Role(name); slices.Contains(roles, r) {
		return r, nil
	}
	return "", invalid("role", "The role must be one of %s.", join(roles, ", "))
}

// ParseScopes reads scopes' names: at least one, none twice.
func ParseScopes(names []string) ([]Scope, error) {
	var list []Scope
	for _, name := range names {
		s := Scope(name)
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
		if !slices.ContainsFunc(p.Scopes, func(s Scope) bool { return slices.Contains(rule.Scopes, s) }) {
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
