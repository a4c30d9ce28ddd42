package respond

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/web/request"
)

// HeaderDamaged lists the events that a page of history lacks because they can't
// be read.
const HeaderDamaged = "Postern-Damaged"

// maxDamagedNamed bounds how many events the header lists.
const maxDamagedNamed = 100

// DamagedOn returns the numbers of the events that a page lacks because they
// can't be read. Their camera isn't known, so that a principal with a camera
// scope gets none.
func DamagedOn(c *fiber.Ctx, page event.Page) []int64 {
	if !request.Principal(c).Cameras.All() {
		return nil
	}
	return page.Damaged[:min(len(page.Damaged), maxDamagedNamed)]
}

// SetDamaged sets HeaderDamaged.
func SetDamaged(c *fiber.Ctx, page event.Page) {
	var list []string
	for _, seq := range DamagedOn(c, page) {
		list = append(list, strconv.FormatInt(seq, 10))
	}
	if len(list) > 0 {
		c.Set(HeaderDamaged, strings.Join(list, ", "))
	}
}
