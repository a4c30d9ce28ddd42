package web

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/webhook"
	"postern/views"
)

// What a form has done, as the page that it leads to is told. The page says
// it only where it is so.
const (
	didPause      = "paused"
	didResume     = "resumed"
	didRestart    = "restarted"
	didResend     = "resent"
	didExhausted  = "exhausted"
	didNothing    = "nothing"
	didReplay     = "replay"
	didStop       = "stopped"
	didEndOverlap = "overlap-ended"
	didChange     = "changed"
)

// done leads from a form to the page of its webhook.
func done(c *fiber.Ctx, did string) error {
	return c.Redirect("/webhooks/"+url.PathEscape(c.Params("id"))+"?did="+did, fiber.StatusSeeOther)
}

// didNotice says what a form has done.
func (s *Server) didNotice(did string, e *views.Endpoint) views.Notice {
	var text string
	held := e.State == views.StatePaused || e.State == views.StateDisabled
	switch {
	case did == didPause && e.State == views.StatePaused:
		text = "Paused. What comes waits until somebody resumes it."
	case did == didResume && e.State == views.StateActive:
		text = "Resumed. What waited is being sent, then what comes."
	case did == didRestart && e.State == views.StateActive:
		text = "Resumed from now on. What waited was dropped and is counted as skipped."
	case did == didResend && held:
		text = "The event is sent again as soon as the webhook is resumed."
	case did == didResend:
		text = "The event is being sent again."
	case did == didExhausted && held:
		text = "All that was exhausted is sent again as soon as the webhook is resumed."
	case did == didExhausted:
		text = "All that was exhausted is being sent again."
	case did == didNothing:
		text = "Nothing is exhausted any more; there was nothing to send again."
	case did == didReplay:
		text = "The replay has started."
	case did == didStop:
		text = "The replay was stopped. What failed on its way is still tried again."
	case did == didEndOverlap && e.OverlapUntil.IsZero():
		text = "The old secret no longer signs."
	case did == didChange:
		text = "Saved. The changes hold from the next event."
	}
	return views.Notice{Text: text}
}

// readForm decodes a page's form.
func readForm(c *fiber.Ctx) (url.Values, error) {
	body, err := requestBody(c)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(body) > 0 && !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationForm) {
		return nil, problemError{fiber.StatusUnsupportedMediaType, "The form could not be read. Send it from its page, or use the API under " + api + "/events/webhooks."}
	}
	return form, nil
}

// formPause stops sending to a webhook.
func (s *Server) formPause(c *fiber.Ctx) error {
	if err := s.webhooks.Pause(c.UserContext(), c.Params("id")); err != nil {
		return err
	}
	return done(c, didPause)
}

// formResume lets a webhook send again: what waited too, or from now on.
func (s *Server) formResume(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	how, did := webhook.SendWaiting, didResume
	if form.Get("how") == "now" {
		how, did = webhook.FromNow, didRestart
	}
	if err := s.webhooks.Resume(c.UserContext(), c.Params("id"), how); err != nil {
		return err
	}
	return done(c, did)
}

// formResend sends one event again, or all that were given up.
func (s *Server) formResend(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	id := c.Params("id")
	if form.Get("which") == "exhausted" {
		n, err := s.webhooks.ResendExhausted(c.UserContext(), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return done(c, didNothing)
		}
		return done(c, didExhausted)
	}
	if err := s.webhooks.Resend(c.UserContext(), id, form.Get("event_id")); err != nil {
		return err
	}
	return done(c, didResend)
}

// formRotate replaces the secret. The new one stands on the answer and nowhere
// else.
func (s *Server) formRotate(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	typed, overlap, wrong := strings.TrimSpace(form.Get("overlap_hours")), webhook.DefaultOverlap, ""
	if typed != "" {
		hours, err := strconv.Atoi(typed)
		if most := int(webhook.MaxOverlap.Hours()); err != nil || hours < 0 || hours > most {
			wrong = "The overlap must be a whole number of hours from 0 to " + strconv.Itoa(most) + "."
		}
		overlap = time.Duration(hours) * time.Hour
	}
	var secret string
	if wrong == "" {
		if _, secret, err = s.webhooks.Rotate(c.UserContext(), c.Params("id"), "", overlap); err != nil {
			return err
		}
	}
	props, err := s.webhookProps(c)
	if err != nil {
		return err
	}
	if wrong != "" {
		props.Overlap, props.OverlapError = typed, wrong
		return render(c, fiber.StatusUnprocessableEntity, views.WebhookPage(props))
	}
	props.Notice = views.Notice{Text: "The new secret signs from now on.", Secret: secret}
	if props.Endpoint.OverlapUntil.After(props.Now) {
		props.Notice.Text = "The new secret signs from now on, and the old one too until " + props.Endpoint.OverlapUntil.Format("2 January 2006 15:04 UTC") + "."
	}
	return render(c, fiber.StatusOK, views.WebhookPage(props))
}

// formEndOverlap lets only the newest secret sign.
func (s *Server) formEndOverlap(c *fiber.Ctx) error {
	if _, err := s.webhooks.EndOverlap(c.UserContext(), c.Params("id")); err != nil {
		return err
	}
	return done(c, didEndOverlap)
}

// formEventResend sends an event to one of the webhooks again.
func (s *Server) formEventResend(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	to := form.Get("webhook")
	if err := s.webhooks.Resend(c.UserContext(), to, c.Params("id")); err != nil {
		return err
	}
	return c.Redirect("/events/"+url.PathEscape(c.Params("id"))+"?sent="+url.QueryEscape(to), fiber.StatusSeeOther)
}

// sentNotice says where an event was sent again.
func (s *Server) sentNotice(id string) views.Notice {
	e, err := s.webhooks.Endpoint(id)
	if err != nil {
		return views.Notice{}
	}
	switch s.webhooks.Status(id).State {
	case webhook.Paused, webhook.Disabled:
		return views.Notice{Text: "It is sent to " + e.URL + " again as soon as that webhook is resumed."}
	default:
		return views.Notice{Text: "It is being sent to " + e.URL + " again."}
	}
}

// invalidError is what is wrong with what somebody sent, if that is what the
// error says.
func invalidError(err error) *event.InvalidError {
	var invalid *event.InvalidError
	if errors.As(err, &invalid) {
		return invalid
	}
	return nil
}
