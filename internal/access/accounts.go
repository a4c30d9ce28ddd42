package access

import (
	"context"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/store/accounts"
)

// Accounts returns every account, by name.
func (s *Service) Accounts(ctx context.Context) ([]*account.Account, error) {
	state, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]*account.Account, len(state.accounts))
	for i, a := range state.accounts {
		copied := *a
		copied.Sessions = len(state.sessionsOf(func(row *account.Session) bool { return row.Account == a.N }))
		list[i] = &copied
	}
	return list, nil
}

// NewAccount is an account to be added.
type NewAccount struct {
	Name     string // 1 to 64 of A-Z a-z 0-9 . _ - + @; unique in any case
	Role     account.Role
	Cameras  []string // nil means all; an administrator can't be restricted
	Password Secret
}

// AddAccount adds an account.
func (s *Service) AddAccount(ctx context.Context, by Actor, a NewAccount) error {
	if err := checkName(a.Name); err != nil {
		return err
	}
	cameras, err := checkCameras(a.Cameras)
	if err != nil {
		return err
	}
	if err := checkRole(a.Role, cameras); err != nil {
		return err
	}
	if err := CheckPassword(a.Name, a.Password); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, a.Password)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *accounts.Tx) error {
		accounts, err := tx.Accounts()
		if err != nil {
			return err
		}
		if find(accounts, a.Name) != nil {
			return problem.New(problem.Conflict, "There is an account %s already. Choose another name.", a.Name)
		}
		if len(accounts) >= MaxAccounts {
			return problem.New(problem.Conflict, "There are %d accounts already, and no more than that can be. Remove one first.", MaxAccounts)
		}
		now := tx.Now()
		row := &account.Account{Name: a.Name, Role: a.Role, Cameras: cameras, Password: hash, PasswordAt: now, CreatedAt: now}
		if err := tx.PutAccount(row); err != nil {
			return err
		}
		return record(tx, by, Entry{Action: AccountAdd, Target: a.Name, Details: Details{"role": a.Role, "cameras": scopeDetail(cameras)}})
	})
}

// checkRole refuses a camera scope for a role that concerns all cameras.
func checkRole(role account.Role, cameras account.CameraScope) error {
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	if role == account.Administrator && !cameras.All() {
		return problem.InvalidField("cameras",
			"Cameras can't be given for an administrator, whose permissions concern all cameras; choose another role.")
	}
	return nil
}

// scopeDetail is a camera scope as the audit has it.
func scopeDetail(c account.CameraScope) any {
	names := c.Names()
	switch {
	case c.All():
		return "all"
	case len(names) > 20:
		return map[string]any{"count": len(names), "first": names[:20]}
	case names == nil:
		return []string{}
	}
	return names
}

// SetRole gives an account another role. The last administrator stays one.
func (s *Service) SetRole(ctx context.Context, by Actor, name string, role account.Role) error {
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	return s.changeAccount(ctx, by, name, func(a *account.Account) (*Entry, error) {
		if a.Role == role {
			return nil, nil
		}
		before := a.Role
		a.Role = role
		return &Entry{Action: AccountRole, Details: Details{"role": role, "before": before}}, checkRole(role, a.Cameras)
	})
}

// SetCameras restricts an account to cameras; nil means all.
func (s *Service) SetCameras(ctx context.Context, by Actor, name string, cameras []string) error {
	scope, err := checkCameras(cameras)
	if err != nil {
		return err
	}
	return s.changeAccount(ctx, by, name, func(a *account.Account) (*Entry, error) {
		if a.Cameras.Equal(scope) {
			return nil, nil
		}
		a.Cameras = scope
		return &Entry{Action: AccountCameras, Details: Details{"cameras": scopeDetail(scope)}}, checkRole(a.Role, scope)
	})
}

// SetDisabled disables an account, which ends its sessions, or enables it
// again. The last administrator can't be disabled.
func (s *Service) SetDisabled(ctx context.Context, by Actor, name string, disabled bool) error {
	return s.changeAccount(ctx, by, name, func(a *account.Account) (*Entry, error) {
		switch {
		case disabled == a.Disabled():
			return nil, nil
		case disabled:
			a.DisabledAt = time.Now()
			return &Entry{Action: AccountDisable}, nil
		default:
			a.DisabledAt = time.Time{}
			return &Entry{Action: AccountEnable}, nil
		}
	})
}

// SetPassword sets an account's password and ends all of its sessions.
func (s *Service) SetPassword(ctx context.Context, by Actor, name string, password Secret) error {
	if err := CheckPassword(name, password); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.changeAccount(ctx, by, name, func(a *account.Account) (*Entry, error) {
		a.Password, a.PasswordAt = hash, time.Now()
		return &Entry{Action: AccountPassword}, nil
	})
}

// RemoveAccount removes an account and ends its sessions. The last
// administrator can't be removed.
func (s *Service) RemoveAccount(ctx context.Context, by Actor, name string) error {
	return s.change(ctx, func(tx *accounts.Tx) error {
		accounts, a, err := findAccount(tx, name)
		if err != nil {
			return err
		}
		before := administrators(accounts)
		a.Role = ""
		if err := keepAdministrator(before, accounts, name); err != nil {
			return err
		}
		if err := tx.RemoveAccount(a.N); err != nil {
			return err
		}
		return record(tx, by, Entry{Action: AccountRemove, Target: a.Name})
	})
}

// changeAccount changes one account with edit, which returns the audit entry, or
// nil where nothing is to be changed. Disabling an account or setting its
// password ends its sessions; another change of its rights closes their sockets.
func (s *Service) changeAccount(ctx context.Context, by Actor, name string, edit func(*account.Account) (*Entry, error)) error {
	return s.change(ctx, func(tx *accounts.Tx) error {
		accounts, a, err := findAccount(tx, name)
		if err != nil {
			return err
		}
		before := administrators(accounts)
		entry, err := edit(a)
		if err != nil || entry == nil { // refused, or nothing to change
			return err
		}
		if err := keepAdministrator(before, accounts, name); err != nil {
			return err
		}
		if err := tx.PutAccount(a); err != nil {
			return err
		}
		if entry.Action == AccountDisable || entry.Action == AccountPassword {
			if _, err := endSessions(tx, a.N, 0); err != nil {
				return err
			}
		}
		entry.Target = a.Name
		return record(tx, by, *entry)
	})
}

// keepAdministrator refuses a change that leaves no administrator.
func keepAdministrator(before int, after []*account.Account, name string) error {
	if before > 0 && administrators(after) == 0 {
		return problem.New(problem.Conflict, "%s is the last administrator. Make another one first.", name)
	}
	return nil
}

func find(accounts []*account.Account, name string) *account.Account {
	for _, a := range accounts {
		if fold(a.Name) == fold(name) {
			return a
		}
	}
	return nil
}

func findAccount(tx *accounts.Tx, name string) ([]*account.Account, *account.Account, error) {
	accounts, err := tx.Accounts()
	if err != nil {
		return nil, nil, err
	}
	if a := find(accounts, name); a != nil {
		return accounts, a, nil
	}
	return nil, nil, problem.New(problem.NotFound, "There is no account %s. List them with: postern user list", plain(name))
}
