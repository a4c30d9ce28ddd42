package access

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"postern/internal/store/accounts"
	"postern/internal/store/auditlog"

	"github.com/go-json-experiment/json"
)

// Action is the name of an action in the audit. The word before the dot is its
// object.
type Action string

// The actions. The audit takes no others.
const (
	SignInAction  Action = "session.begin"
	SignOutAction Action = "session.end"
	ScreenAction  Action = "session.screen" // a key opened a wall screen

	AccountAdd      Action = "account.add"
	AccountRole     Action = "account.role"
	AccountCameras  Action = "account.cameras"
	AccountPassword Action = "account.password"
	AccountDisable  Action = "account.disable"
	AccountEnable   Action = "account.enable"
	AccountRemove   Action = "account.remove"
	AccountDisplay  Action = "account.display"

	KeyAdd    Action = "key.add"
	KeyRevoke Action = "key.revoke"

	EventSearch Action = "event.search"
	EventRead   Action = "event.read"
	EventExport Action = "event.export"
	EventSample Action = "event.sample" // a sample was sent

	SnapshotSee Action = "snapshot.see"

	WebhookAdd      Action = "webhook.add"
	WebhookChange   Action = "webhook.change"
	WebhookRotate   Action = "webhook.rotate"
	WebhookRemove   Action = "webhook.remove"
	WebhookPause    Action = "webhook.pause"
	WebhookResume   Action = "webhook.resume"
	WebhookTest     Action = "webhook.test"
	WebhookResend   Action = "webhook.resend"
	WebhookSetAside Action = "webhook.set_aside"
	WebhookReplay   Action = "webhook.replay"
	WebhookStop     Action = "webhook.replay_stop"
	WebhookRecover  Action = "webhook.recover"
	RecoverStop     Action = "webhook.recover_stop"
	WebhookInspect  Action = "webhook.attempts" // attempts were read

	AlertAcknowledge Action = "alert.acknowledge"
	AlertAssign      Action = "alert.assign"
	SilenceAdd       Action = "silence.add"
	SilenceEnd       Action = "silence.end"
	CameraSet        Action = "camera.set"
	IdentityErase    Action = "identity.erase"
	HoldAdd          Action = "hold.add"
	HoldRemove       Action = "hold.remove"
	SettingsChange   Action = "settings.change"
	BackupTake       Action = "backup.take" // the store was copied
	ClockConfirm     Action = "clock.confirm"
	DataVerify       Action = "data.verify" // everything was read and compared with its checksums

	AuditBegin  Action = auditlog.ActionBegin  // the store began to keep one
	AuditTrim   Action = auditlog.ActionTrim   // retention removed the beginning
	AuditBroken Action = auditlog.ActionBroken // the end was found changed
	AuditRead   Action = "audit.read"
)

var actions = []Action{
	SignInAction, SignOutAction, ScreenAction,
	AccountAdd, AccountRole, AccountCameras, AccountPassword, AccountDisable, AccountEnable, AccountRemove, AccountDisplay,
	KeyAdd, KeyRevoke, EventSearch, EventRead, EventExport, EventSample, SnapshotSee,
	WebhookAdd, WebhookChange, WebhookRotate, WebhookRemove, WebhookPause, WebhookResume, WebhookTest, WebhookResend, WebhookSetAside,
	WebhookReplay, WebhookStop, WebhookRecover, RecoverStop, WebhookInspect,
	AlertAcknowledge, AlertAssign, SilenceAdd, SilenceEnd,
	CameraSet, IdentityErase, HoldAdd, HoldRemove, SettingsChange, BackupTake, ClockConfirm, DataVerify,
	AuditBegin, AuditTrim, AuditBroken, AuditRead,
}

// Actions returns every action, for a form to choose from.
func Actions() []Action { return slices.Clone(actions) }

// Outcome is how an action ended.
type Outcome string

// The outcomes.
const (
	Begun   Outcome = "begun" // another entry has the outcome; without one it is unknown
	Done    Outcome = "done"
	Refused Outcome = "refused" // the principal lacks the permission, or is anonymous
	Failed  Outcome = "failed"
)

// Details are a few short values about an action, which become JSON. Passwords,
// keys and secrets don't belong here; a Secret is written as [secret].
type Details map[string]any

// Bounds of an entry, in bytes.
const (
	maxTargetBytes  = 256
	maxDetailsBytes = 2048
	maxDetailBytes  = 256 // of one detail, where all are too long together
)

// Entry is what Record appends.
type Entry struct {
	Action  Action
	Target  string // an id or a name; at most 256 bytes are kept
	Outcome Outcome
	Details Details // at most 2 KiB of JSON, or the long ones give way to "clipped":true
}

// Record appends an entry to the audit. When it returns nil the entry is on disk:
// call it before the answer to the request that it records.
func (s *Service) Record(ctx context.Context, by Actor, e Entry) error {
	_, err := s.append(ctx, by, e)
	return err
}

// RecordRead is Record for a read of events. It refuses with problem.TooMany an
// actor that reads more often than people do. Nothing is recorded then: don't
// show the events.
func (s *Service) RecordRead(ctx context.Context, by Actor, e Entry) error {
	if err := s.actorLimits.read(by, time.Now()); err != nil {
		return err
	}
	return s.Record(ctx, by, e)
}

func (e Entry) row(by Actor) (*auditlog.Entry, error) {
	if !slices.Contains(actions, e.Action) {
		return nil, fmt.Errorf("the audit has no action %q", e.Action)
	}
	if e.Outcome == "" {
		e.Outcome = Done
	}
	details := []byte("{}")
	if len(e.Details) > 0 {
		var err error
		if details, err = json.Marshal(e.Details, json.Deterministic(true)); err != nil {
			return nil, fmt.Errorf("record %s: %w", e.Action, err)
		}
		if len(details) > maxDetailsBytes {
			if details, err = json.Marshal(e.Details.clipped(), json.Deterministic(true)); err != nil {
				return nil, fmt.Errorf("record %s: %w", e.Action, err)
			}
		}
		if len(details) > maxDetailsBytes {
			details = []byte(`{"clipped":true}`)
		}
	}
	return &auditlog.Entry{ActorKind: by.Kind, Actor: plain(by.Name), Action: string(e.Action), Target: plain(e.Target),
		Address: addressText(by.Address), Outcome: string(e.Outcome), Details: string(details)}, nil
}

// clipped returns the details without the long ones: a long list must not hide
// the other details.
func (d Details) clipped() Details {
	short := Details{"clipped": true}
	for name, value := range d {
		if text, err := json.Marshal(value); err == nil && len(text) <= maxDetailBytes {
			short[name] = value
		}
	}
	return short
}

// plain returns a text as the audit keeps it: short, and without control
// characters, which could act on a terminal.
func plain(text string) string {
	text = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, text), "\uFFFD")
	if len(text) > maxTargetBytes {
		text = strings.ToValidUTF8(text[:maxTargetBytes], "") + "…"
	}
	return text
}

// record is Record inside a change.
func record(tx *accounts.Tx, by Actor, e Entry) error {
	row, err := e.row(by)
	if err != nil {
		return err
	}
	return tx.Audit(row)
}

// MaxAuditPage is how many entries a page has at most.
const MaxAuditPage = 500

// Audit returns a page of the audit, newest first; a Limit outside 1 to
// MaxAuditPage means 100. The next page is that before the last entry's N.
func (s *Service) Audit(ctx context.Context, q auditlog.Query) ([]*auditlog.Entry, error) {
	if q.Limit < 1 || q.Limit > MaxAuditPage {
		q.Limit = 100
	}
	return s.store.Audit.Entries(ctx, q)
}

// Verify checks the chain of the whole audit. Its error is auditlog.ErrBroken and
// names the first broken entry. The zero Mark compares with no earlier report.
func (s *Service) Verify(ctx context.Context, noted Mark) (*auditlog.Report, error) {
	return s.store.Audit.Verify(ctx, noted.N, noted.Hash)
}

// Mark is the number of an audit entry and its hash, written as 12:9f8e… Noted
// elsewhere, it shows later whether the audit was put back to an earlier state.
type Mark struct {
	N    int64
	Hash auditlog.Hash
}

// String writes the mark.
func (m Mark) String() string { return fmt.Sprintf("%d:%x", m.N, m.Hash[:]) }

// UnmarshalText parses the form of String.
func (m *Mark) UnmarshalText(text []byte) error {
	number, digits, ok := strings.Cut(string(text), ":")
	n, err := strconv.ParseInt(number, 10, 64)
	hash, hexErr := hex.DecodeString(digits)
	if !ok || err != nil || n < 1 || hexErr != nil || len(hash) != len(m.Hash) {
		return fmt.Errorf("%.80q is no mark of the audit; write it as a number, a colon and 64 hexadecimal digits", text)
	}
	m.N, m.Hash = n, auditlog.Hash(hash)
	return nil
}

// trimStep is the number of entries that one commit removes. trimSlack is the time for
// which an entry may exceed its retention, so that about one trim a day is needed.
const (
	trimStep  = 500
	trimSlack = 24 * time.Hour
)

// trimAudit removes the entries that are older than retention keeps them.
func (s *Service) trimAudit(ctx context.Context) error {
	before := time.Now().Add(-s.opts.RetainAudit)
	oldest := before.Add(-trimSlack)
	for {
		due, err := s.store.Audit.Due(ctx, oldest)
		if err != nil || !due {
			return err
		}
		removed, err := s.store.Audit.Trim(ctx, before, trimStep)
		if err != nil || removed == 0 || ctx.Err() != nil {
			return err
		}
		oldest = before
	}
}
