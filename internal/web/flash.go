package web

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

	"postern/views"
)

// Bounds of flash messages.
const (
	flashTime      = 2 * time.Minute
	maxFlashes     = 1000
	maxFlashesEach = 20 // of one principal
)

// flash is what a form has done, for the page that the form leads to. That
// page shows it once: neither a reload nor another address repeats it.
type flash struct {
	views.Notice
	// Trial is how a test event went.
	Trial *views.Trial
	// SentTo is the webhook that an event was resent to.
	SentTo string
}

// flashes keep flash messages in memory, secrets among them, from the form to
// the page that it leads to. A browser has the message's random id in a cookie
// and nothing else, so that no address and no other site can make a message up.
// A restart drops them all.
type flashes struct {
	mu   sync.Mutex
	kept []keptFlash // oldest first
}

// keptFlash is a message with who may read it, where, and until when.
type keptFlash struct {
	flash
	id, owner, path string
	until           time.Time
}

// put keeps a message and returns its id. Where there are too many, of this
// owner or of all, the oldest of them goes.
func (f *flashes) put(now time.Time, owner, path string, message flash) (id string) {
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
	f.kept = append(f.kept, keptFlash{flash: message, id: id, owner: owner, path: path, until: now.Add(flashTime)})
	return id
}

// take returns a message and forgets it; false where there is none with this
// id for this owner at this path.
func (f *flashes) take(now time.Time, owner, path, id string) (flash, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sweep(now)
	i := slices.IndexFunc(f.kept, func(k keptFlash) bool { return k.id == id && k.owner == owner && k.path == path })
	if i < 0 {
		return flash{}, false
	}
	message := f.kept[i].flash
	f.drop(i)
	return message, true
}

// sweep forgets the messages whose time is over. All are kept for the same
// time, so these are the oldest.
func (f *flashes) sweep(now time.Time) {
	for len(f.kept) > 0 && !now.Before(f.kept[0].until) {
		f.drop(0)
	}
}

func (f *flashes) drop(i int) { f.kept = slices.Delete(f.kept, i, i+1) }

// said is a message of one sentence or a few.
func said(text string) flash { return flash{Notice: views.Notice{Text: text}} }

// redirect ends a form: it leads to a page of this server, which says once what
// the form has done.
func (s *Server) redirect(c *fiber.Ctx, to string, message flash) error {
	u, err := url.Parse(to)
	if err != nil {
		return fmt.Errorf("redirect: %w", err)
	}
	s.setFlashCookie(c, s.flashes.put(s.now(), flashOwner(c), u.Path, message), int(flashTime/time.Second))
	return c.Redirect(to, fiber.StatusSeeOther)
}

// takeFlash returns what the form that led to this page has done; the zero
// flash where none did.
func (s *Server) takeFlash(c *fiber.Ctx) flash {
	id := c.Cookies(s.flashCookie(c))
	if id == "" || !readsPage(c) {
		return flash{}
	}
	message, ok := s.flashes.take(s.now(), flashOwner(c), string(c.Request().URI().Path()), id)
	if ok {
		s.setFlashCookie(c, "", -1)
	}
	return message
}

// readsPage reports whether somebody is going to read the answer: it isn't the
// head alone, nor fetched ahead of time or by an open page on its own.
func readsPage(c *fiber.Ctx) bool {
	if c.Method() != fiber.MethodGet || asksByItself(c) {
		return false
	}
	for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if purpose := strings.ToLower(c.Get(header)); strings.Contains(purpose, "prefetch") || strings.Contains(purpose, "prerender") || strings.Contains(purpose, "preview") {
			return false
		}
	}
	dest := c.Get("Sec-Fetch-Dest")
	return dest == "" || dest == "document" || c.Get("HX-Request") != ""
}

// flashOwner is who may read a message: the session that sent the form. Where
// nobody signs in, the id in the cookie alone decides.
func flashOwner(c *fiber.Ctx) string {
	p := who(c)
	return p.ID() + " " + strconv.FormatInt(p.Session, 10)
}

// flashCookie is the name of the cookie with a message's id.
func (s *Server) flashCookie(c *fiber.Ctx) string { return s.cookieName(c) + "_flash" }

func (s *Server) setFlashCookie(c *fiber.Ctx, id string, maxAge int) {
	c.Cookie(&fiber.Cookie{
		Name: s.flashCookie(c), Value: id, Path: "/", HTTPOnly: true, Secure: s.secure(c), SameSite: fiber.CookieSameSiteStrictMode,
		MaxAge: maxAge,
	})
}
