package pages

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/web/request"
)

// Bounds of the remembered searches.
const (
	recordedTime = time.Hour
	maxRecorded  = 1000
)

// recordedSearches remembers the audited searches of events pages for an hour, as
// keyed hashes. The websocket of such a page repeats the search, and needs no
// second audit entry. Beyond its bound it forgets all searches: then a search has
// two entries.
type recordedSearches struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (r *recordedSearches) add(search string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == nil || len(r.at) >= maxRecorded {
		r.at = make(map[string]time.Time)
	}
	r.at[search] = now
}

func (r *recordedSearches) has(search string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.at[search]
	return ok && now.Sub(at) < recordedTime
}

// searchKey returns a hash of the principal and the searched text. Time ranges
// don't count: the websocket continues where the page ends.
func (h *Handlers) searchKey(c *fiber.Ctx, f event.Filter) string {
	p := request.Principal(c)
	parts := []string{p.ID(), strconv.FormatInt(p.Session, 10), f.Text, strings.Join(f.Types.Names(), ",")}
	for _, names := range [][]string{f.Cameras, f.Sources} {
		query := url.Values{"n": slices.Sorted(slices.Values(names))}
		parts = append(parts, query.Encode())
	}
	return h.store.Secrets.Digest(strings.Join(parts, "\x00"))
}
