package request

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/problem"
	"postern/views/ui"
)

// CameraParameters are the parameters of a list of cameras.
var CameraParameters = []string{"q", "state", "site", "group", "sort", "order", "limit", "cursor"}

// MaxPageCameras is the most cameras of a page.
const MaxPageCameras = 1000

// PathCamera returns the camera's id in the request's path. Its errors are
// *problem.Error.
func PathCamera(c *fiber.Ctx) (string, error) {
	id, err := url.PathUnescape(c.Params("id"))
	if err != nil {
		return "", problem.InvalidField("camera_id", "The camera_id is not encoded for a URL; write a percent sign as %%25.")
	}
	return id, cameras.CheckID(id)
}

// PagePathCamera is PathCamera for the paths that ui.CameraURL makes.
func PagePathCamera(c *fiber.Ctx) (string, error) {
	id, err := url.PathUnescape(c.Params("id"))
	if err != nil {
		return "", problem.InvalidField("camera_id", "The camera_id is not encoded for a URL; write a percent sign as %%25.")
	}
	id = strings.TrimPrefix(id, ui.CameraMark)
	return id, cameras.CheckID(id)
}

// ParseCameraQuery parses the query parameters of a list of cameras. Without a
// limit it asks for all of them. Its errors are *problem.Error.
func ParseCameraQuery(c *fiber.Ctx) (q cameras.Query, err error) {
	values := Query(c)
	for name, into := range map[string]*string{"q": &q.Text, "site": &q.Site, "group": &q.Group} {
		if *into = values.Get(name); len(*into) > maxTextBytes || !utf8.ValidString(*into) {
			return q, problem.InvalidField(name, "The text must have at most %d bytes.", maxTextBytes)
		}
	}
	if q.State = cameras.State(values.Get("state")); q.State != "" && !slices.Contains(cameras.States(), q.State) {
		return q, problem.InvalidField("state", `The state must be "offline", "silent", "unknown", "quiet" or "live".`)
	}
	if q.Order = cameras.Order(values.Get("sort")); q.Order != "" && !slices.Contains(cameras.Orders(), q.Order) {
		return q, problem.InvalidField("sort", "The value must be one of %s.", orderNames())
	}
	switch order := values.Get("order"); order {
	case "":
	case "asc", "desc":
		q.Reversed = (order == "desc") != q.Order.Descends()
	default:
		return q, problem.InvalidField("order", `The order must be "asc" or "desc".`)
	}
	if text := values.Get("limit"); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > MaxPageCameras {
			return q, problem.InvalidField("limit", "The limit must be a whole number from 1 to %d.", MaxPageCameras)
		}
	}
	q.Cursor = values.Get("cursor")
	return q, nil
}

func orderNames() string {
	var names []string
	for _, order := range cameras.Orders() {
		names = append(names, string(order))
	}
	return strings.Join(names, ", ")
}
