package palette

import (
	"github.com/a-h/templ"

	"postern/internal/access"
	view "postern/views/palette"
	"postern/views/ui"
)

// destination is a page of the dashboard, or an action that begins on a page.
type destination struct {
	kind view.Kind
	// label names it; words are other words for it.
	label, words string
	to           templ.SafeURL
	needs        access.Permission
}

// destinations are the pages and actions without an object of their own.
var destinations = []destination{
	{view.Page, "Overview", "home start dashboard health", ui.URL("/"), access.ReadEvents},
	{view.Page, "Events", "log history search", ui.URL("/events"), access.ReadEvents},
	{view.Page, "Alerts", "inbox open acknowledge", ui.URL("/alerts"), access.ReadEvents},
	{view.Page, "Silences", "maintenance windows mute noise", ui.URL("/silences"), access.ReadEvents},
	{view.Page, "Cameras", "states silent offline", ui.URL("/cameras"), access.ReadEvents},
	{view.Page, "Webhooks", "endpoints receivers deliveries", ui.URL("/webhooks"), access.ReadWebhooks},
	{view.Page, "Monitor", "wall screen live", ui.URL("/monitor"), access.Monitor},
	{view.Page, "API reference", "docs documentation openapi", ui.URL("/docs/api"), access.ReadEvents},
	{view.Page, "Event types", "catalogue schema sample docs", ui.URL("/docs/events"), access.ReadEvents},
	{view.Page, "Shift report", "print handover summary outages", ui.URL("/report"), access.ReadEvents},
	{view.Page, "Your account", "password sessions profile", ui.URL("/account"), access.OwnAccount},
	{view.Action, "Choose theme and time zone", "dark light display", ui.URL("/account#h-display"), access.OwnAccount},
	{view.Page, "Settings", "storage retention version clock", ui.URL("/settings"), access.ManageAccess},
	{view.Page, "Accounts", "people users roles passwords", ui.URL("/settings/accounts"), access.ManageAccess},
	{view.Page, "Keys", "tokens credentials api", ui.URL("/settings/keys"), access.ManageAccess},
	{view.Page, "Audit", "log who did entries", ui.URL("/settings/audit"), access.ReadAudit},
	{view.Action, "Register a webhook", "add new endpoint create", ui.URL("/webhooks/new"), access.ManageWebhooks},
	{view.Action, "Add an account", "new person user invite", ui.URL("/settings/accounts"), access.ManageAccess},
	{view.Action, "Create a key", "new token credential wall screen", ui.URL("/settings/keys"), access.ManageAccess},
	{view.Action, "Verify the audit", "check integrity", ui.URL("/settings/audit?verify=1"), access.ReadAudit},
}
