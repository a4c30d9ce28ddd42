package accounts

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/problem"
	"postern/internal/store/auditlog"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	accesspages "postern/views/access"
	"postern/views/ui"
)

// pageAudit is the number of entries on a page.
const pageAudit = 100

// AuditPage shows the audit, and checks its integrity on request.
func (h *Handlers) AuditPage(c *fiber.Ctx) error {
	props := accesspages.AuditProps{Frame: h.Frame(c, "Audit", ui.SectionSettings), Now: h.Now()}
	// Links of earlier versions call the actor who.
	props.Filter = accesspages.AuditFilter{Actor: c.Query("actor", c.Query("who")), Action: c.Query("action"), Since: c.Query("since"),
		Until: c.Query("until")}
	for _, action := range access.Actions() {
		props.Actions = append(props.Actions, ui.Choice{Value: string(action), Label: actionWords(action),
			Selected: string(action) == props.Filter.Action})
	}
	if h.access == nil {
		return respond.Page(c, fiber.StatusOK, accesspages.AuditPage(props))
	}
	q := auditlog.Query{Actor: props.Filter.Actor, Limit: pageAudit + 1, Fold: true}
	if props.Filter.Action != "" {
		q.Action = props.Filter.Action
	}
	var err error
	if q.Since, err = startOfDay("since", props.Filter.Since); err != nil {
		return err
	}
	if q.Until, err = startOfDay("until", props.Filter.Until); err != nil {
		return err
	} else if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1)
	}
	if before := c.Query("before"); before != "" {
		if q.Before, err = strconv.ParseInt(before, 10, 64); err != nil || q.Before < 1 {
			return problem.InvalidField("before", "The value must be an entry's number.")
		}
	}
	props.Filter.Filtered = q.Actor != "" || q.Action != "" || !q.Since.IsZero() || !q.Until.IsZero()
	if c.Query("verify") != "" {
		_, err := h.access.Verify(c.UserContext(), access.Mark{})
		switch {
		case errors.Is(err, auditlog.ErrBroken):
			props.Broken = "Integrity check failed: the audit was changed outside Postern: " + err.Error() + "."
		case err != nil:
			return err
		default:
			props.Whole = true
		}
	}
	entries, err := h.access.Audit(c.UserContext(), q)
	if err != nil {
		return err
	}
	if len(entries) > pageAudit {
		entries = entries[:pageAudit]
		values := request.Query(c)
		values.Del("verify")
		values.Set("before", strconv.FormatInt(entries[pageAudit-1].N, 10))
		props.Filter.Older = ui.URL("/settings/audit?" + values.Encode())
	}
	for _, e := range entries {
		props.Entries = append(props.Entries, auditView(e))
	}
	return respond.Page(c, fiber.StatusOK, accesspages.AuditPage(props))
}

func startOfDay(field, date string) (time.Time, error) {
	if date == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return day, problem.InvalidField(field, "The value must be a date such as 2026-03-19.")
	}
	return day, nil
}

func auditView(e *auditlog.Entry) accesspages.AuditEntry {
	by := e.Actor
	switch e.ActorKind {
	case "key":
		by = "Key " + by
	case "console":
		by = by + " at the console"
	case "local":
		by = "This machine"
	case "nobody":
		by = "Anonymous"
	}
	shown := accesspages.AuditEntry{N: e.N, At: e.At, Actor: by, Action: actionWords(access.Action(e.Action)), Target: e.Target,
		Address: e.Address, Outcome: e.Outcome}
	if e.Action == string(access.SignInAction) && e.Outcome == string(access.Refused) {
		shown.For, shown.Target = e.Target, "" // "Sign-in refused for viewer"
	}
	var details map[string]any
	if json.Unmarshal([]byte(e.Details), &details) == nil {
		delete(details, "began") // the number of the entry that it completes
		for _, name := range slices.Sorted(maps.Keys(details)) {
			value := fmt.Sprint(details[name])
			if list, ok := details[name].([]any); ok {
				value = strings.Trim(value, "[]")
				if len(list) == 0 {
					value = "none"
				}
			}
			shown.Details = append(shown.Details, ui.Fact{Name: name, Value: value})
		}
	}
	return shown
}

// actionWords names an action with a noun phrase, so that an outcome can follow:
// "Sign-in refused".
func actionWords(a access.Action) string {
	if words := map[access.Action]string{
		access.SignInAction: "Sign-in", access.SignOutAction: "Session end", access.ScreenAction: "Wall screen opening",
		access.AccountAdd: "Account creation", access.AccountRole: "Role change", access.AccountCameras: "Change of an account's cameras",
		access.AccountPassword: "Password change", access.AccountDisable: "Account deactivation", access.AccountEnable: "Account activation",
		access.AccountRemove: "Account removal", access.AccountDisplay: "Change of theme or time zone",
		access.KeyAdd: "Key creation", access.KeyRevoke: "Key revocation", access.EventSample: "Sample event",
		access.EventSearch: "Event search", access.EventRead: "Event view", access.EventExport: "Event export",
		access.SnapshotSee: "Snapshot view",
		access.WebhookAdd:  "Webhook registration", access.WebhookChange: "Webhook change", access.WebhookRotate: "Secret rotation",
		access.WebhookRemove: "Webhook removal", access.WebhookPause: "Webhook pause", access.WebhookResume: "Webhook resumption",
		access.WebhookTest: "Test event", access.WebhookResend: "Resend", access.WebhookSetAside: "Setting aside of an event",
		access.WebhookReplay: "Replay",
		access.WebhookStop:   "Stop of a replay", access.WebhookInspect: "View of attempts", access.AlertAcknowledge: "Acknowledgement",
		access.AlertAssign:   "Assignment of alerts",
		access.SilenceAdd:    "Silence of alerts",
		access.SilenceEnd:    "End of a silence",
		access.CameraSet:     "Camera setting",
		access.IdentityErase: "Erasure", access.HoldAdd: "Legal hold", access.HoldRemove: "Release of a legal hold",
		access.SettingsChange: "Settings change", access.BackupTake: "Backup", access.AuditBegin: "Audit start",
		access.AuditTrim:   "Removal of old entries",
		access.AuditBroken: "Audit found changed", access.AuditRead: "Audit view",
	}[a]; words != "" {
		return words
	}
	return string(a)
}
