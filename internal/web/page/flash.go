package page

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/web/request"
	"postern/internal/web/session"
	"postern/views/ui"
)

// Bounds of flash messages.
const (
	flashTime      = 2 * time.Minute
	maxFlashes     = 1000
	maxFlashesEach = 20 // of one principal
)

// Flash is the result of a form, for the page to which the form redirects. That
// page shows it once: neither a reload nor another URL repeats it.
type Flash struct {
	ui.Flash
	// Detail is what the page shows beside the message; its type is the page's own.
	Detail any
}

// flashes keeps flash messages in memory between a form and the page to which
// it redirects; some hold secrets. A browser has only the message's random id,
// in a cookie, so no URL and no other site can forge a message. A restart drops
// them all.
type flashes struct {
	mu   sync.Mutex
	kept []keptFlash // oldest first
}

// keptFlash is a message with the session that may read it, the path of its page,
// and its end.
type keptFlash struct {
	Flash
	id, owner, path string
	until           time.Time
}

// put stores a message and returns its id. Beyond the limit, for this owner or
// in all, it drops the oldest one.
func (f *flashes) put(now time.Time, owner, path string, message Flash) (id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sweep(now)
	own := func(k keptFlash) bool { return k.owner == owner }
	count := 0
	for _, k := range f.kept {
		if own(k) {
			count++
		}
	}
	switch {
	case count >= maxFlashesEach:
		f.drop(slices.IndexFunc(f.kept, own))
	case len(f.kept) >= maxFlashes:
		f.drop(0)
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	id = hex.EncodeToString(b[:])
	f.kept = append(f.kept, keptFlash{Flash: message, id: id, owner: owner, path: path, until: now.Add(flashTime)})
	return id
}

// take returns a message and removes it; false where there is none with this id
// for this owner at this path.
func (f *flashes) take(now time.Time, owner, path, id string) (Flash, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sweep(now)
	i := slices.IndexFunc(f.kept, func(k keptFlash) bool { return k.id == id && k.owner == owner && k.path == path })
	if i < 0 {
		return Flash{}, false
	}
	message := f.kept[i].Flash
	f.drop(i)
	return message, true
}

// sweep removes the expired messages. All have the same lifetime, so these are
// the oldest.
func (f *flashes) sweep(now time.Time) {
	for len(f.kept) > 0 && !now.Before(f.kept[0].until) {
		f.drop(0)
	}
}

func (f *flashes) drop(i int) { f.kept = slices.Delete(f.kept, i, i+1) }

// Said returns a message without secrets.
func Said(text string) Flash { return Flash{Flash: ui.Flash{Text: text}} }

// Redirect ends a form: it redirects to a page of this server, which shows the
// result once.
func (s *Shell) Redirect(c *fiber.Ctx, to string, message Flash) error {
	u, err := url.Parse(to)
	if err != nil {
		return fmt.Errorf("redirect: %w", err)
	}
	s.setFlashCookie(c, s.flashes.put(s.Now(), flashOwner(c), u.Path, message), int(flashTime/time.Second))
	return c.Redirect(to, fiber.StatusSeeOther)
}

// TakeFlash returns the result of the form that redirected to this page; the
// zero Flash where there is none.
func (s *Shell) TakeFlash(c *fiber.Ctx) Flash {
	id := c.Cookies(s.flashCookie(c))
	if id == "" || !readsPage(c) {
		return Flash{}
	}
	message, ok := s.flashes.take(s.Now(), flashOwner(c), string(c.Request().URI().Path()), id)
	if ok {
		s.setFlashCookie(c, "", -1)
	}
	return message
}

// readsPage reports whether a person will see the answer: the request is no
// HEAD request, no prefetch and no background request of an open page.
func readsPage(c *fiber.Ctx) bool {
	if c.Method() != fiber.MethodGet || request.IsBackground(c) {
		return false
	}
	for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if purpose := strings.ToLower(c.Get(header)); strings.Contains(purpose, "prefetch") || strings.Contains(purpose, "prerender") ||
			strings.Contains(purpose, "preview") {
			return false
		}
	}
	dest := c.Get("Sec-Fetch-Dest")
	return dest == "" || dest == "document" || c.Get("HX-Request") != ""
}

// flashOwner identifies the session that sent the form, which alone may read
// the message. Without sign-in, the id in the cookie alone decides.
func flashOwner(c *fiber.Ctx) string {
	p := request.Principal(c)
	return p.ID() + " " + strconv.FormatInt(p.Session, 10)
}

// flashCookie is the name of the cookie with a message's id.
func (s *Shell) flashCookie(c *fiber.Ctx) string {
	return session.CookieName(s.Proxies.Secure(c)) + "_flash"
}

func (s *Shell) setFlashCookie(c *fiber.Ctx, id string, maxAge int) {
	c.Cookie(&fiber.Cookie{
		Name: s.flashCookie(c), Value: id, Path: ui.Path("/"), HTTPOnly: true, Secure: s.Proxies.Secure(c),
		SameSite: fiber.CookieSameSiteStrictMode,
		MaxAge:   maxAge,
	})
}
