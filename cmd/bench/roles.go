package main

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"
)

// The limits run in processes of their own, as Postern does, so that both
// share the machine with the load in the same way.
var roles = map[string]func(args []string) error{
	"fiber":    bareFiber,
	"store":    bareStore,
	"net/http": func(args []string) error { return bareLoop(args, standardClient) },
	"fasthttp": func(args []string) error { return bareLoop(args, fastClient) },
	"sockets":  bareSockets,
	"history":  makeHistory,
}

func playRole(name string, args []string) error {
	play := roles[name]
	if play == nil {
		return fmt.Errorf("there is no role %q", name)
	}
	return play(args)
}

// listen finds a port and tells the parent.
func listen() (net.Listener, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(os.Stdout, ln.Addr())
	return ln, err
}

// bareFiber is the least work that a service on Fiber does for an event: it decodes
// the event, checks the required fields, and answers.
func bareFiber([]string) error {
	ln, err := listen()
	if err != nil {
		return err
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Post(eventsPath, func(c *fiber.Ctx) error {
		var e struct {
			ID        string         `json:"id"`
			Type      string         `json:"type"`
			Timestamp string         `json:"timestamp"`
			Source    string         `json:"source"`
			Camera    string         `json:"camera_id"`
			Data      jsontext.Value `json:"data"`
		}
		if err := json.Unmarshal(c.Body(), &e); err != nil {
			return err
		}
		if e.Type == "" || e.Source == "" {
			return errors.New("a field is missing")
		}
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Status(fiber.StatusAccepted).SendString(`{"accepted":1}`)
	})
	return app.Listener(ln)
}
