package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"postern/internal/problem"
	"postern/internal/store/requests"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// The header that names a request, and the header of an answer that was given
// before.
const (
	headerIdempotencyKey = "Idempotency-Key"
	headerReplayed       = "Idempotency-Replayed"
)

// maxKeyBytes is the maximum length of an Idempotency-Key.
const maxKeyBytes = 255

// TakesIdempotencyKey reports whether a route accepts an Idempotency-Key: every
// POST that changes something, except for events, which have ids.
func TakesIdempotencyKey(method, path string) bool {
	return method == http.MethodPost && strings.HasPrefix(path, request.APIPrefix) && path != request.APIPrefix+"/events" &&
		!strings.HasSuffix(path, "/preview")
}

// namedRequests are the requests under way that have an Idempotency-Key.
type namedRequests struct {
	mu  sync.Mutex
	all map[[3]string]bool
}

// begin claims a name until done is called; false where another request in
// progress has it.
func (n *namedRequests) begin(r *requests.Request) (done func(), ok bool) {
	name := [3]string{r.Owner, r.Route, r.Name}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all[name] {
		return nil, false
	}
	if n.all == nil {
		n.all = make(map[[3]string]bool)
	}
	n.all[name] = true
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.all, name)
	}, true
}

// Idempotent carries out a request with an Idempotency-Key once. A repeated
// request gets the same answer. A change with a commit stores the answer in
// that commit; any other change stores it afterwards.
func (h *Handlers) Idempotent(c *fiber.Ctx) error {
	keys := c.Request().Header.PeekAll(headerIdempotencyKey)
	if len(keys) == 0 {
		return c.Next()
	}
	key := string(keys[0])
	if len(keys) > 1 || len(key) < 1 || len(key) > maxKeyBytes || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return problem.InvalidField(headerIdempotencyKey, "The header must be given once, with 1 to 255 visible ASCII characters.")
	}
	body, err := request.Body(c)
	if err != nil {
		return err
	}
	r := &requests.Request{
		Owner: request.Principal(c).ID(), Route: c.Method() + " " + c.Route().Path, Name: key,
		Digest: h.store.Secrets.RequestDigest([]byte(c.Method()), []byte(c.OriginalURL()), body),
	}
	done, ok := h.named.begin(r)
	if !ok {
		return &problem.Error{
			Code:       problem.Conflict,
			Detail:     "A request with this Idempotency-Key is under way. Send it again in a moment to get its answer.",
			RetryAfter: time.Second,
		}
	}
	defer done()
	before, err := h.store.Requests.Answer(c.UserContext(), r.Owner, r.Route, r.Name)
	switch {
	case errors.Is(err, requests.ErrNotFound):
		return h.carryOut(c, r)
	case err != nil:
		return err
	case !bytes.Equal(before.Digest, r.Digest):
		return problem.New(problem.Unprocessable, "This Idempotency-Key was used for another request in the last 24 hours. "+
			"Use a new key for a new request.")
	case before.Body == nil:
		return problem.New(problem.Conflict, "The request with this Idempotency-Key was carried out, and its result has been "+
			"removed since. Use a new key to repeat it.")
	}
	h.answersRepeated.Add(1)
	c.Set(headerReplayed, "true")
	return respond.SendJSON(c.Status(before.Status), before.Body)
}

// carryOut runs the handler of a named request, and stores the answer unless
// the change's commit has stored it. A refused request isn't stored: it changed
// nothing, and may succeed the next time.
func (h *Handlers) carryOut(c *fiber.Ctx, r *requests.Request) error {
	c.SetUserContext(requests.With(c.UserContext(), r))
	err := c.Next()
	ctx := context.WithoutCancel(c.UserContext())
	switch refused := respond.StatusOf(c, err) >= fiber.StatusBadRequest; {
	case refused && r.Remembered():
		// The change was undone after its commit.
		err = errors.Join(err, h.store.Requests.Forget(ctx, r))
	case !refused && !r.Remembered():
		if lost := h.store.Requests.Remember(ctx, r, c.Response().StatusCode(), bytes.Clone(c.Response().Body())); lost != nil {
			h.log.Error("answer not stored", slog.String("route", r.Route), slog.Any("error", lost))
		}
	}
	return err
}

// answersWith sets the answer to a request with an Idempotency-Key: view makes
// it, without secrets, from the result of the change. view is called within the
// commit, and may call neither the webhooks nor the store.
func answersWith[T any](c *fiber.Ctx, status int, view func(made T) any) {
	r := requests.Of(c.UserContext())
	if r == nil {
		return
	}
	r.Answer = func(made any) (int, []byte, error) {
		body, err := json.Marshal(view(made.(T)))
		return status, body, err
	}
}

// RepeatedAnswers returns how many requests got their first answer again, by
// their Idempotency-Key.
func (h *Handlers) RepeatedAnswers() int64 { return h.answersRepeated.Load() }
