package api

import (
	"errors"
	"testing"
	"unicode/utf8"

	"postern/internal/delivery"
	"postern/internal/problem"
	"postern/internal/web/request"
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
			b.SettingsChange.Apply(&delivery.Settings{})
		} else if !errors.As(err, &invalid) || invalid.Detail == "" || !utf8.ValidString(invalid.Detail) {
			t.Errorf("%q: %v", body, err)
		}
	})
}
