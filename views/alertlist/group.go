package alertlist

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/silence"
	"postern/views/cameraname"
	"postern/views/eventlist"
	"postern/views/ui"
)

// Props are the groups of open alerts that a list shows.
type Props struct {
	alert.Groups
	// Person is the name of the person who reads; empty if it isn't known.
	Person string
	// Back is the address to which a form returns.
	Back string
	Now  time.Time
}

// GroupURL is the address of the page of a group.
func GroupURL(id alert.CauseID) templ.SafeURL {
	return ui.URL("/alerts/" + url.PathEscape(id.String()))
}

// announced are the titles of groups of Postern's own announcements.
var announced = map[event.Kind]string{
	event.WebhookFailing:  "Webhooks failing",
	event.WebhookDisabled: "Webhooks disabled",
	event.CameraSilent:    "Cameras silent",
}

// Title names what the alerts of a group have in common: a person, a camera, a module,
// or a kind of announcement. data says that it is text of a producer or an operator.
func Title(ctx context.Context, g alert.Group) (title string, data bool) {
	if g.Newest == nil {
		return "Unreadable event", false
	}
	switch c := alert.CauseOf(g.Newest); c.Kind {
	case alert.CauseIdentity:
		return eventlist.PersonOf(g.Newest), true
	case alert.CauseAnnouncement:
		if title := announced[event.Kind(c.Key)]; title != "" {
			return title, false
		}
		return ui.Tidy(c.Key), true
	case alert.CauseCamera:
		return cameraname.Of(ctx, c.Key), true
	default:
		return ui.Tidy(c.Key), true
	}
}

func meaning(g alert.Group) event.Meaning { return g.Type.Info().Meaning }

// name names a group to a screen reader.
func name(ctx context.Context, g alert.Group) string {
	title, _ := Title(ctx, g)
	return g.Type.Info().Words + " " + title
}

// Counted counts the open alerts: "at least 20,000 open alerts" where there are older
// ones that weren't looked at.
func Counted(g alert.Groups) string {
	switch {
	case g.AtLeast && g.Alerts == 0:
		return "possibly open alerts"
	case g.AtLeast:
		return "at least " + ui.Counted(g.Alerts, "open alert", "open alerts")
	}
	return ui.Counted(g.Alerts, "open alert", "open alerts")
}

// Summary counts the open alerts and their groups.
func Summary(g alert.Groups) string {
	return ui.UpperFirst(Counted(g)) + " in " + ui.Counted(g.Total, "group", "groups")
}

// announcement reports whether the group is of Postern's own announcements of one
// kind. Its newest alert alone doesn't say what the group is about.
func announcement(g alert.Group) bool {
	return g.Newest != nil && alert.CauseOf(g.Newest).Kind == alert.CauseAnnouncement
}

// sentence is what happened in the newest alert.
func sentence(ctx context.Context, g alert.Group) string {
	if g.Newest == nil {
		return ""
	}
	return eventlist.SentenceOf(g.Newest).Plain(ctx)
}

// SilenceMatch selects what makes the noise of a group: the type at its camera, the
// announcements of one webhook, or the type from its source.
func SilenceMatch(g alert.Group) silence.Match {
	m := silence.Match{Types: event.Types(g.Type)}
	switch {
	case g.Newest == nil:
	case g.Newest.AnnouncedWebhook() != "" && g.Count == 1:
		m.Webhook = g.Newest.AnnouncedWebhook()
	case g.Cameras == 1 && g.Camera != "":
		m.Cameras = []string{g.Camera}
	case g.Newest.Camera != "":
		m.Cameras = []string{g.Newest.Camera}
	default:
		m.Sources = []string{g.Newest.Source}
	}
	return m
}
