package api

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/silence"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// silenceRequest is the body of a request for a silence.
type silenceRequest struct {
	Types   []string     `json:"event_types"`
	Cameras []string     `json:"camera_ids"`
	Sources []string     `json:"sources"`
	Webhook string       `json:"webhook_id"`
	From    request.Time `json:"from"`
	Until   request.Time `json:"until"`
	Seconds int64        `json:"for_seconds"`
	Weekly  *weeklyJSON  `json:"weekly"`
	Reason  string       `json:"reason"`
	By      string       `json:"by"`
}

// weeklyJSON is a window that recurs every week.
type weeklyJSON struct {
	Days []string `json:"days"`
	From string   `json:"from"`
	To   string   `json:"to"`
	Zone string   `json:"zone"`
}

// Silence is a silence in an answer.
type Silence struct {
	ID        string      `json:"id"`
	Types     []string    `json:"event_types,omitempty"`
	Cameras   []string    `json:"camera_ids,omitempty"`
	Sources   []string    `json:"sources,omitempty"`
	Webhook   string      `json:"webhook_id,omitzero"`
	From      string      `json:"from"`
	Until     *string     `json:"until"`
	Weekly    *weeklyJSON `json:"weekly,omitempty"`
	Reason    string      `json:"reason"`
	Author    string      `json:"author"`
	CreatedAt string      `json:"created_at"`
	Active    bool        `json:"active"`
	EndedAt   *string     `json:"ended_at"`
	EndedBy   string      `json:"ended_by,omitzero"`
}

func publicSilence(s *silence.Silence, now time.Time) Silence {
	out := Silence{
		ID: s.ID, Cameras: s.Cameras, Sources: s.Sources, Webhook: s.Webhook, From: event.FormatTime(s.From), Reason: s.Reason,
		Author: s.Author, CreatedAt: event.FormatTime(s.CreatedAt), Active: s.Active(now), EndedBy: s.EndedBy,
	}
	if s.Types != 0 {
		out.Types = s.Types.Names()
	}
	if !s.Until.IsZero() {
		out.Until = new(event.FormatTime(s.Until))
	}
	if !s.EndedAt.IsZero() {
		out.EndedAt = new(event.FormatTime(s.EndedAt))
	}
	if w := s.Weekly; w != nil {
		out.Weekly = &weeklyJSON{From: silence.FormatClock(w.From), To: silence.FormatClock(w.To), Zone: w.Zone}
		for _, d := range w.Days {
			out.Weekly.Days = append(out.Weekly.Days, silence.DayName(d))
		}
	}
	return out
}

// weekly reads the window; nil for none.
func (w *weeklyJSON) weekly() (*silence.Weekly, error) {
	if w == nil {
		return nil, nil
	}
	return silence.ParseWeekly(request.Dedupe(w.Days), w.From, w.To, w.Zone)
}

// silence reads the request. Relative times are relative to now.
func (b *silenceRequest) silence(now time.Time) (*silence.Silence, error) {
	s := &silence.Silence{
		Match:  silence.Match{Cameras: request.Dedupe(b.Cameras), Sources: request.Dedupe(b.Sources), Webhook: b.Webhook},
		Reason: strings.TrimSpace(b.Reason), CreatedAt: now,
	}
	var err error
	if len(b.Types) > 0 {
		if s.Types, err = event.ParseTypes(request.Dedupe(b.Types)); err != nil {
			return nil, problem.InvalidField("event_types", "%s", err)
		}
	}
	if s.From, err = b.From.Parse("from", now); err != nil {
		return nil, err
	}
	if s.From.IsZero() {
		s.From = now
	}
	if s.Until, err = b.Until.Parse("until", now); err != nil {
		return nil, err
	}
	if b.Seconds != 0 {
		if b.Seconds < 0 || b.Seconds > int64(silence.MaxTime/time.Second) || b.Until != "" {
			return nil, problem.InvalidField("for_seconds", "Give until or a number of seconds, from 1 to %d.", silence.MaxTime/time.Second)
		}
		s.Until = s.From.Add(time.Duration(b.Seconds) * time.Second)
	}
	s.Weekly, err = b.Weekly.weekly()
	return s, err
}

// SilencesGet lists the silences that haven't ended, or all.
func (h *Handlers) SilencesGet(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "state"); err != nil {
		return err
	}
	state := c.Query("state", "current")
	if state != "current" && state != "all" {
		return problem.InvalidField("state", `The state must be "current" or "all".`)
	}
	list, err := h.scoped.Silences(c, state == "all")
	if err != nil {
		return err
	}
	out := make([]Silence, len(list))
	for i, one := range list {
		out[i] = publicSilence(one, h.now())
	}
	return respond.JSON(c, out)
}

// SilenceGet answers one silence.
func (h *Handlers) SilenceGet(c *fiber.Ctx) error {
	one, err := h.scoped.Silence(c, request.PathID(c))
	if err != nil {
		return err
	}
	return respond.JSON(c, publicSilence(one, h.now()))
}

// SilencesPost makes a silence.
func (h *Handlers) SilencesPost(c *fiber.Ctx) error {
	var body silenceRequest
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	one, err := body.silence(h.now())
	if err != nil {
		return err
	}
	if one.Author, err = author(c, body.By); err != nil {
		return err
	}
	if err := h.scoped.MakeSilence(c, one); err != nil {
		return err
	}
	return respond.JSON(c, publicSilence(one, h.now()))
}

// SilenceDelete ends a silence now. It stays in the list of all.
func (h *Handlers) SilenceDelete(c *fiber.Ctx) error {
	by, err := author(c, c.Query("by"))
	if err != nil {
		return err
	}
	one, err := h.scoped.EndSilence(c, request.PathID(c), by)
	if err != nil {
		return err
	}
	return respond.JSON(c, publicSilence(one, h.now()))
}

// author is the principal's own name where it has one, otherwise the given name.
func author(c *fiber.Ctx, given string) (string, error) {
	switch p := request.Principal(c); {
	case p.Kind == access.Program:
		return p.Name, nil
	case p.Kind == access.Local && given == "" && c.Method() == fiber.MethodDelete: // it has no body to give a name in
		return "local", nil
	}
	by, err := act{By: given}.of(c)
	return by.By, err
}
