package web

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
)

// headerDamaged names the events that a page of history lacks since they can't
// be read.
const headerDamaged = "Postern-Damaged"

// maxDamagedNamed bounds how many of these an answer names.
const maxDamagedNamed = 100

// damagedOn are the numbers of the events that a page lacks since they can't be
// read. Of which camera they are, nobody knows: who is restricted to some isn't
// told.
func damagedOn(c *fiber.Ctx, page event.Page) []int64 {
	if !who(c).Cameras.All() {
		return nil
	}
	return page.Damaged[:min(len(page.Damaged), maxDamagedNamed)]
}

// nameDamaged sets the header that names them.
func nameDamaged(c *fiber.Ctx, page event.Page) {
	var list []string
	for _, seq := range damagedOn(c, page) {
		list = append(list, strconv.FormatInt(seq, 10))
	}
	if len(list) > 0 {
		c.Set(headerDamaged, strings.Join(list, ", "))
	}
}
