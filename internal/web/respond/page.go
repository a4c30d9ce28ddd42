package respond

import (
	"fmt"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/web/request"
	"postern/views/ui"
)

// Page responds with a page. The page is rendered into the body and not streamed,
// so that the response has a length and a failed rendering becomes an error page.
func Page(c *fiber.Ctx, status int, page templ.Component) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	ctx := ui.WithZone(ui.WithDenied(c.UserContext(), deniedTo(c)...), request.Zone(c))
	if chosen := request.Principal(c).Display; chosen != (account.Display{}) {
		ctx = ui.WithChosen(ctx, string(chosen.Theme), chosen.Zone != "")
	}
	if err := page.Render(ctx, c.Response().BodyWriter()); err != nil {
		c.Response().ResetBody()
		return fmt.Errorf("render page: %w", err)
	}
	c.Status(status)
	return nil
}

// acts maps the actions of pages to their permissions.
var acts = map[ui.Action]access.Permission{
	ui.ActionAcknowledge: access.Acknowledge, ui.ActionExport: access.Export, ui.ActionSeeSnapshots: access.ReadSnapshots,
	ui.ActionReadWebhooks:    access.ReadWebhooks,
	ui.ActionOperateWebhooks: access.OperateWebhooks, ui.ActionManageWebhooks: access.ManageWebhooks, ui.ActionSetCameras: access.SetCameras,
	ui.ActionSilence: access.Silence,
	ui.ActionErase:   access.Erase,
}

// deniedTo returns the actions that the principal isn't permitted.
func deniedTo(c *fiber.Ctx) (denied []ui.Action) {
	for act, permission := range acts {
		if !request.May(c, permission) {
			denied = append(denied, act)
		}
	}
	return denied
}
