package respond

import (
	"errors"
	"io"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/memory"
	"postern/internal/problem"
)

// FreeBytes is the size up to which responses don't count, so that large
// responses can't block small ones.
const FreeBytes = 256 << 10

// ErrAnswersFull says that large responses use up the memory budget.
var ErrAnswersFull = &problem.Error{
	Code:       problem.Unavailable,
	Detail:     "Many large answers wait to be read. Send the request again in a moment, with a smaller limit, or use /events/stream.",
	RetryAfter: 2 * time.Second,
	Cause:      errors.New("the memory for large answers is taken"),
}

// Events answers with a JSON array of events, of which a large one isn't
// copied. It counts like any other.
func Events(c *fiber.Ctx, budget *memory.Budget, events []*event.Event) error {
	length := int64(len("[]"))
	for i, e := range events {
		length += int64(len(e.JSON()))
		if i > 0 {
			length++ // the comma before it
		}
	}
	if length <= FreeBytes {
		body := append(make([]byte, 0, length), '[')
		for i, e := range events {
			if i > 0 {
				body = append(body, ',')
			}
			body = append(body, e.JSON()...)
		}
		return SendJSON(c, append(body, ']'))
	}
	if !budget.Take(length) {
		return ErrAnswersFull
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Context().SetBodyStream(&eventArray{events: events, length: length, budget: budget}, int(length))
	return nil
}

// eventArray is the body of an answer: a JSON array of events that aren't
// copied. fasthttp closes it in every case.
type eventArray struct {
	events []*event.Event // not completely read yet
	at     int            // bytes read of "[" or "," and the first event
	begun  bool           // the first event was read completely
	ended  bool           // so was "]"
	length int64
	budget *memory.Budget
}

// Read implements io.Reader.
func (a *eventArray) Read(p []byte) (n int, err error) {
	for n < len(p) && !a.ended {
		if len(a.events) == 0 {
			p[n] = ']'
			n++
			a.ended = true
			break
		}
		if a.at == 0 {
			p[n] = '['
			if a.begun {
				p[n] = ','
			}
			n, a.at = n+1, 1
			continue
		}
		one := a.events[0].JSON()
		read := copy(p[n:], one[a.at-1:])
		n, a.at = n+read, a.at+read
		if a.at-1 == len(one) {
			a.events[0] = nil
			a.events, a.at, a.begun = a.events[1:], 0, true
		}
	}
	if a.ended && n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close returns the answer's bytes to the budget.
func (a *eventArray) Close() error {
	if a.budget != nil {
		a.budget.Give(a.length)
		a.budget = nil
	}
	a.events = nil
	return nil
}
