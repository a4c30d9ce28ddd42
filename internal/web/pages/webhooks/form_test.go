package webhooks

import (
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"postern/views/webhookform"
)

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
		r, form, err := readForm(c)
		if err != nil {
			return
		}
		if r.URL != strings.TrimSpace(form.URL) || r.GenerateSecret && r.Secret != "" || r.Secret != "" &&
			form.SecretFrom != webhookform.SecretOwn {
			t.Errorf("%q was read as %+v", body, form)
		}
		for _, name := range r.Settings.Cameras {
			if name == "" || strings.ContainsAny(name, "\r\n,") {
				t.Errorf("%q has the camera %q", body, name)
			}
		}
	})
}
