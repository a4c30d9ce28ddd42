package web

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"postern/internal/delivery"
	"postern/internal/problem"
	"postern/internal/web/request"
	webhookpages "postern/views/webhooks"
)

// FuzzWebhookBody reads what registers and changes webhooks: it is taken, or
// refused in words.
func FuzzWebhookBody(f *testing.F) {
	f.Add([]byte(`{"url":"https://example.com/","event_types":["*"],"secret":"12345678","conditions":{"a":{">":1}},"payload":"thin"}`))
	f.Add([]byte(`{"url":7,"event_types":[1],"a":{"b":[`))
	f.Add([]byte(`{"conditions":null,"max_in_flight":1e99,"url":"\ud800"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var b webhookBody
		err := request.DecodeJSON(body, &b)
		var invalid *problem.Error
		if err == nil {
			b.settings(&delivery.Settings{})
		} else if !errors.As(err, &invalid) || invalid.Detail == "" || !utf8.ValidString(invalid.Detail) {
			t.Errorf("%q: %v", body, err)
		}
	})
}

// FuzzWebhookForm reads the form of a webhook.
func FuzzWebhookForm(f *testing.F) {
	f.Add("url=https%3A%2F%2Fexample.com&event_types=*&secret=x&camera_ids=a%0Ab%2Cc&max_per_second=0.5&payload=thin")
	f.Add("max_in_flight=99999999999999999999&timeout_seconds=-1&max_per_second=NaN&event_types=%ff&=&%")
	app := fiber.New()
	f.Fuzz(func(t *testing.T, body string) {
		var request fasthttp.RequestCtx
		request.Request.Header.SetMethod("POST")
		request.Request.Header.SetContentType(fiber.MIMEApplicationForm)
		request.Request.SetBodyString(body)
		c := app.AcquireCtx(&request)
		defer app.ReleaseCtx(c)
		r, form, err := readWebhookForm(c)
		if err != nil {
			return
		}
		if r.URL != strings.TrimSpace(form.URL) || r.GenerateSecret && r.Secret != "" || r.Secret != "" &&
			form.SecretFrom != webhookpages.SecretOwn {
			t.Errorf("%q was read as %+v", body, form)
		}
		for _, name := range r.Settings.Cameras {
			if name == "" || strings.ContainsAny(name, "\r\n,") {
				t.Errorf("%q has the camera %q", body, name)
			}
		}
	})
}
