package web

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

// Bounds of the searches that are remembered.
const (
	recordedTime = time.Hour
	maxRecorded  = 1000
)

// recordedSearches remember for an hour which searches of events pages are on
// record, so that the socket of the page, which asks for the same, doesn't put
// them there again. Of a search it keeps a keyed hash. Where there are too many
// it forgets them all: then a search is on record twice.
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

// searchKey is a hash of who searches for what. Time ranges don't count: the
// socket goes on where the page ends.
func (s *Server) searchKey(c *fiber.Ctx, f event.Filter) string {
	p := request.Principal(c)
	parts := []string{p.ID(), strconv.FormatInt(p.Session, 10), f.Text, strings.Join(f.Types.Names(), ",")}
	for _, names := range [][]string{f.Cameras, f.Sources} {
		query := url.Values{"n": slices.Sorted(slices.Values(names))}
		parts = append(parts, query.Encode())
	}
	return s.store.Secrets.Digest(strings.Join(parts, "\x00"))
}
