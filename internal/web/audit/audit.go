package audit

import (
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/web/request"
)

// Recorder writes the entries of requests.
type Recorder struct {
	access  *access.Service
	digest  func(text string) string
	proxies request.Proxies
	log     *slog.Logger
	looks   looks // at snapshots
}

// New returns a recorder. digest is a hash with the data folder's key, and
// proxies are the trusted ones. Without an access service there is no audit, and
// the recorder writes nothing.
func New(accounts *access.Service, digest func(text string) string, proxies request.Proxies, log *slog.Logger) *Recorder {
	return &Recorder{access: accounts, digest: digest, proxies: proxies, log: log}
}

// Actor returns the principal and its address.
func (r *Recorder) Actor(c *fiber.Ctx) access.Actor {
	return request.Principal(c).From(r.proxies.Address(c))
}
