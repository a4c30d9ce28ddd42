package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/store/auditlog"
	"postern/internal/store/verify"
)

// The arguments of calls. A list of cameras that is nil means all cameras.
type (
	newAccount struct {
		Name     string
		Role     account.Role
		Cameras  []string
		Password string
	}
	backup struct {
		File   string
		Events int64
	}
	nameArgument struct{ Name string }
	passwordOf   struct{ Name, Password string }
	roleOf       struct {
		Name string
		Role account.Role
	}
	camerasOf struct {
		Name    string
		Cameras []string
	}
	disabledOf struct {
		Name     string
		Disabled bool
	}
	verifyAudit struct{ Mark string }
	verifyData  struct{ Rate int }
	nothing     struct{}
)

// call is the server's side of a call: JSON in, a result that becomes JSON out.
type call func(ctx context.Context, s Services, arguments []byte) (any, error)

// calls are all that a command can ask for, by name.
var calls = map[string]call{
	"hello": short(func(context.Context, Services, nothing) (nothing, error) { return nothing{}, nil }),

	"accounts": short(func(ctx context.Context, s Services, _ nothing) ([]*account.Account, error) {
		return s.Access.Accounts(ctx)
	}),
	"accounts/add": change(func(ctx context.Context, s Services, a newAccount) error {
		return s.Access.AddAccount(ctx, Actor(), access.NewAccount{
			Name: a.Name, Role: a.Role, Cameras: a.Cameras, Password: access.NewSecret(a.Password),
		})
	}),
	"accounts/password": change(func(ctx context.Context, s Services, a passwordOf) error {
		return s.Access.SetPassword(ctx, Actor(), a.Name, access.NewSecret(a.Password))
	}),
	"accounts/role": change(func(ctx context.Context, s Services, a roleOf) error {
		return s.Access.SetRole(ctx, Actor(), a.Name, a.Role)
	}),
	"accounts/cameras": change(func(ctx context.Context, s Services, a camerasOf) error {
		return s.Access.SetCameras(ctx, Actor(), a.Name, a.Cameras)
	}),
	"accounts/disabled": change(func(ctx context.Context, s Services, a disabledOf) error {
		return s.Access.SetDisabled(ctx, Actor(), a.Name, a.Disabled)
	}),
	"accounts/remove": change(func(ctx context.Context, s Services, a nameArgument) error {
		return s.Access.RemoveAccount(ctx, Actor(), a.Name)
	}),

	"keys": short(func(ctx context.Context, s Services, _ nothing) ([]*account.Key, error) {
		return s.Access.Keys(ctx)
	}),
	"keys/add": short(func(ctx context.Context, s Services, k access.NewKey) (string, error) {
		key, err := s.Access.AddKey(ctx, Actor(), k)
		return key.Reveal(), err
	}),
	"keys/revoke": change(func(ctx context.Context, s Services, a nameArgument) error {
		return s.Access.RevokeKey(ctx, Actor(), a.Name)
	}),

	"audit": short(func(ctx context.Context, s Services, q auditlog.Query) ([]*auditlog.Entry, error) {
		return s.Access.Audit(ctx, q)
	}),
	"audit/verify": long(func(ctx context.Context, s Services, a verifyAudit) (*auditlog.Report, error) {
		var mark access.Mark
		if a.Mark != "" {
			if err := mark.UnmarshalText([]byte(a.Mark)); err != nil {
				return nil, err
			}
		}
		return s.Access.Verify(ctx, mark)
	}),
	"backups/record": change(func(ctx context.Context, s Services, b backup) error {
		return s.Access.Record(ctx, Actor(), access.Entry{Action: access.BackupTake, Target: b.File, Details: access.Details{"events": b.Events}})
	}),

	"clock/confirm": short(func(ctx context.Context, s Services, _ nothing) (bool, error) {
		// The audit first: a change that it can't record isn't made.
		if err := s.Access.Record(ctx, Actor(), access.Entry{Action: access.ClockConfirm, Outcome: access.Done}); err != nil {
			return false, err
		}
		return s.Store.ConfirmClock(ctx)
	}),
	"data/verify": long(func(ctx context.Context, s Services, a verifyData) (*verify.Report, error) {
		v, err := verify.Run(ctx, s.Store.DB, a.Rate)
		if err != nil {
			return nil, err
		}
		if err := verify.Save(ctx, s.Store.DB, v); err != nil {
			return nil, err
		}
		return v, s.Access.Record(ctx, Actor(), access.Entry{Action: access.DataVerify, Outcome: access.Done,
			Details: access.Details{"events": v.Events, "unreadable": v.Unreadable(), "blocks": v.DamagedBlocks + v.Entries}})
	}),
}

// shortTime bounds a call that isn't long.
const shortTime = time.Minute

// short makes a call of a function that answers within shortTime. The call goes on
// when the command is interrupted or the server stops: a change is made or not,
// and its audit entry says so.
func short[In, Out any](do func(context.Context, Services, In) (Out, error)) call {
	return func(ctx context.Context, s Services, arguments []byte) (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shortTime)
		defer cancel()
		return long(do)(ctx, s, arguments)
	}
}

// long makes a call of a function that may read the whole store. It ends with ctx.
func long[In, Out any](do func(context.Context, Services, In) (Out, error)) call {
	return func(ctx context.Context, s Services, arguments []byte) (any, error) {
		var in In
		if err := json.Unmarshal(arguments, &in, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("read the call's arguments: %w", err)
		}
		return do(ctx, s, in)
	}
}

// change makes a call of a function that returns nothing.
func change[In any](do func(context.Context, Services, In) error) call {
	return short(func(ctx context.Context, s Services, in In) (nothing, error) { return nothing{}, do(ctx, s, in) })
}

// run makes a call and returns its result as JSON.
func (s Services) run(ctx context.Context, name string, arguments []byte) ([]byte, error) {
	c, ok := calls[name]
	if !ok {
		return nil, errors.New("there is no call " + name)
	}
	result, err := c(ctx, s, arguments)
	if err != nil {
		return nil, err
	}
	return encode(result)
}

// encode keeps nil apart from an empty list: no restriction isn't an empty one.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.FormatNilSliceAsNull(true))
	if err != nil {
		return nil, fmt.Errorf("encode a call: %w", err)
	}
	return b, nil
}
