package cameras

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	cameraview "postern/views/camera"
	"postern/views/ui"
)

// pageRows is how many cameras a page of the list has.
const pageRows = 100

// CamerasPage lists the cameras.
func (h *Handlers) CamerasPage(c *fiber.Ctx) error {
	q, err := request.ParseCameraQuery(c)
	if err != nil {
		return err
	}
	asked := q.Order
	if q.Order == "" {
		q.Order = cameras.ByState // what needs attention comes first
	}
	q.Limit = pageRows
	found, err := h.scoped.Cameras(c, q)
	if err != nil {
		return err
	}
	props := cameraview.ListProps{
		Frame: h.Frame(c, "Cameras", ui.SectionCameras), Now: h.Now(),
		Query: cameraview.Query{Text: q.Text, Site: q.Site, Group: q.Group, State: cameraview.State(q.State), Sort: string(asked),
			Descending: q.Order.Descends() != q.Reversed, Cursor: q.Cursor},
		Next: found.Next, Total: found.Total, States: make(map[cameraview.State]int), Sites: found.Sites, Groups: found.Groups,
		Flash: h.TakeFlash(c).Flash,
	}
	for state, n := range found.States {
		props.States[cameraview.State(state)] = n
	}
	for _, known := range found.Cameras {
		props.Rows = append(props.Rows, cameraview.Row{Camera: page.ListedCamera(known), Rate: rateView(known)})
	}
	return respond.Page(c, fiber.StatusOK, cameraview.ListPage(props))
}

func rateView(c cameras.Listed) cameraview.Rate {
	if !c.Rate.Known {
		return cameraview.Rate{LastHour: c.Rate.LastHour, Usual: -1}
	}
	return cameraview.Rate{LastHour: c.Rate.LastHour, Usual: c.Rate.Usual}
}
