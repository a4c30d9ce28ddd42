package web

import (
	"errors"
	"io"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/memory"
)

// freeAnswerBytes of an answer's events are free, so that large answers keep
// no small ones out.
const freeAnswerBytes = 256 << 10

// errAnswersFull says that large answers which wait to be read take all of
// their budget.
var errAnswersFull = errors.New("the memory for large answers is taken")

// sendEvents answers with a JSON array of events. A large one is taken from the
// budget for answers until its client has read it.
func (s *Server) sendEvents(c *fiber.Ctx, events []*event.Event) error {
	length := int64(len("[]"))
	for i, e := range events {
		length += int64(len(e.JSON()))
		if i > 0 {
			length++ // the comma before it
		}
	}
	if length <= freeAnswerBytes {
		body := append(make([]byte, 0, length), '[')
		for i, e := range events {
			if i > 0 {
				body = append(body, ',')
			}
			body = append(body, e.JSON()...)
		}
		return sendJSON(c, append(body, ']'))
	}
	if !s.answers.Take(length) {
		return errAnswersFull
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Context().SetBodyStream(&eventArray{events: events, length: length, budget: s.answers}, int(length))
	return nil
}

// eventArray is the body of an answer: a JSON array of events, of which no
// copy is made. fasthttp closes it however the answer ends.
type eventArray struct {
	events []*event.Event // those that aren't read through
	at     int            // how much of "[" or ",", and the first event, was read
	begun  bool           // the first event was read through
	ended  bool           // so was "]"
	length int64
	budget *memory.Budget
}

// Read reads on, as io.Reader.
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

// Close gives the answer's room back.
func (a *eventArray) Close() error {
	if a.budget != nil {
		a.budget.Give(a.length)
		a.budget = nil
	}
	a.events = nil
	return nil
}
