package request

import (
	"errors"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"postern/internal/event"
	"postern/internal/problem"
)

func FuzzParseEventQuery(f *testing.F) {
	f.Add("limit=10&event_type=face_matched,line_crossed&camera_id=a,b&camera_id=c")
	f.Add("since=2026-03-19T10:32:15+00:00&until=2026-03-19t10:32:15z&q=%c3%bc&order=asc&cursor=YTE")
	f.Add("event_type=*&event_type=%ff&limit=-1&&=&cursor=%00")
	app := fiber.New()
	f.Fuzz(func(t *testing.T, query string) {
		var ctx fasthttp.RequestCtx
		ctx.Request.SetRequestURI("/?" + query)
		c := app.AcquireCtx(&ctx)
		defer app.ReleaseCtx(c)
		q, err := ParseEventQuery(c)
		var invalid *problem.Error
		switch {
		case err != nil && !errors.As(err, &invalid):
			t.Errorf("%q: %v", query, err)
		case err == nil && (q.Limit < 1 || q.Limit > event.MaxPageEvents || q.Cursor < 0 || len(q.Cameras) > MaxFilterValues ||
			len(q.Text) > maxTextBytes):
			t.Errorf("%q gave %+v", query, q)
		}
	})
}
