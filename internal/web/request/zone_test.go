package request

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

func TestZone_KeepsKnownZonesOnly(t *testing.T) {
	t.Parallel()
	app := fiber.New()
	app.Get("/", func(c *fiber.Ctx) error { return c.SendString(Zone(c).String()) })
	for name, want := range map[string]string{
		"Asia/Tokyo": "Asia/Tokyo", "Etc/GMT+5": "Etc/GMT+5",
		"": "UTC", "Local": "UTC", "Mars/Olympus_Mons": "UTC", "../../../../etc/passwd": "UTC", "/etc/localtime": "UTC",
		"Europe/../Asia/Tokyo": "UTC", strings.Repeat("a", 4000): "UTC",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: ZoneCookie, Value: name})
		res, err := app.Test(r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(res.Body); err != nil || string(got) != want {
			t.Errorf("%.40q is %q, %v; want %q", name, got, err, want)
		}
		if _, kept := zones.Load(name); kept != (name == want) {
			t.Errorf("%.40q: kept is %t", name, kept)
		}
	}
}

func TestFieldTime_meansTheMomentThatWasShown(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ typed, exactly, want string }{
		{"2025-10-26T02:30", "", "2025-10-26T00:30:00Z"},
		{"2025-10-26T02:30", "2025-10-26T01:30:00Z", "2025-10-26T01:30:00Z"},
		{"2025-10-26T02:30:00", "2025-10-26T01:30:00Z", "2025-10-26T01:30:00Z"},
		{"2025-10-26T02:30:05", "2025-10-26T01:30:05.123456Z", "2025-10-26T01:30:05.123456Z"},
		{"2025-10-26T02:31", "2025-10-26T01:30:00Z", "2025-10-26T00:31:00Z"}, // touched
		{"2025-10-26T02:30", "nonsense", "2025-10-26T00:30:00Z"},
		{"2025-07-01 12:00", "", "2025-07-01T10:00:00Z"},
		{"2025-07-01", "", "2025-06-30T22:00:00Z"},
		{"2025-07-01T12:00:00Z", "", "2025-07-01T12:00:00Z"},
		{"soon", "", ""}, {"", "", ""}, {"1960-01-01T00:00", "", ""},
	} {
		got, err := FieldTime(tc.typed, tc.exactly, now, berlin)
		if tc.want == "" {
			if err == nil {
				t.Errorf("%q is read as %s", tc.typed, got)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339Nano) != tc.want {
			t.Errorf("%q (%q) is %s, %v; want %s", tc.typed, tc.exactly, got, err, tc.want)
		}
	}
}

// A form that nobody touched leads to the page that it stands on.
