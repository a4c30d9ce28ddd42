package respond

import (
	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"postern/internal/web/request"
)

// JSON marshals and sends v.
func JSON(c *fiber.Ctx, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return SendJSON(c, body)
}

// SendJSON sends a body that is JSON already.
func SendJSON(c *fiber.Ctx, body []byte) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	// The body may be an event that others read; Fiber only copies from it.
	return c.Send(body)
}

// LinkNext sets the Link header for the next page: this request with another
// cursor.
func LinkNext(c *fiber.Ctx, cursor string) {
	values := request.Query(c)
	values.Set("cursor", cursor)
	c.Set(fiber.HeaderLink, "<"+c.Path()+"?"+values.Encode()+`>; rel="next"`)
}
