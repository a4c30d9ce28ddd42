package api

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/store/wallclock"
	"postern/internal/web/respond"
)

// clockJSON says whether the clock is trusted.
type clockJSON struct {
	State     string `json:"state"`
	Ahead     *int64 `json:"ahead_seconds,omitempty"`
	NoticedAt string `json:"noticed_at,omitzero"`
	Until     string `json:"until,omitzero"`
}

func publicClock(c wallclock.State) clockJSON {
	if !c.Held {
		return clockJSON{State: "trusted"}
	}
	ahead := int64(c.Ahead.Seconds())
	return clockJSON{State: "in_doubt", Ahead: &ahead, NoticedAt: event.FormatTime(c.Noticed), Until: event.FormatTime(c.Until)}
}

// ClockGet answers whether the clock is trusted.
func (h *Handlers) ClockGet(c *fiber.Ctx) error {
	return respond.JSON(c, publicClock(h.store.Clock()))
}

// ClockConfirm confirms the clock, so that it is trusted again.
func (h *Handlers) ClockConfirm(c *fiber.Ctx) error {
	if _, err := h.store.ConfirmClock(c.UserContext()); err != nil {
		return err
	}
	return h.ClockGet(c)
}
