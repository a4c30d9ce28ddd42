package fullsize

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/stats"
)

// FailingWebhook is the id of a failing webhook.
const FailingWebhook = "wh_000000000002"

// hook is a webhook with its state and how far behind it is.
type hook struct {
	n      int
	record *deliveries.EndpointRecord
	change delivery.StateChange // none for an active webhook
	behind int64
}

// webhooks returns the webhooks of a site. Of ten, one fails, one is paused, and
// one refuses a part of what it gets. Receive answers for those that don't fail.
func webhooks(size Size, registered time.Time) []*hook {
	names := []string{"vms", "door-control", "staff-app", "siem", "archive", "gate", "reception", "patrol"}
	hooks := make([]*hook, size.Webhooks)
	for n := range hooks {
		types := event.AllTypes
		if n%3 == 1 {
			types = event.UrgentTypes
		}
		e := &deliveries.EndpointRecord{
			Endpoint: delivery.Endpoint{
				ID: fmt.Sprintf("wh_%012x", n+1), URL: fmt.Sprintf("http://%s/%s/%d", address(n), names[n%len(names)], n/len(names)+1),
				Types: types, CreatedAt: registered, UpdatedAt: registered,
			},
			Secrets: delivery.NewSecrets("whsec_full_size"),
		}
		w := &hook{n: n, record: e}
		at := time.Now().UTC().Add(-time.Duration(n+1) * 7 * time.Minute).Truncate(time.Microsecond)
		switch n % 10 {
		case 1: // fails
			w.behind = int64(size.Events / (20 + n))
			w.change = delivery.StateChange{State: delivery.Failing, At: at, Cause: refused(e)}
		case 3:
			w.behind = int64(size.Events / (50 + n))
			w.change = delivery.StateChange{State: delivery.Paused, At: at, Cause: "Paused by alice."}
		}
		hooks[n] = w
	}
	return hooks
}

func fails(n int) bool { return n%10 == 1 }

// address returns the address of a webhook's receiver. Nothing listens at port 9.
func address(n int) string {
	if fails(n) {
		return fmt.Sprintf("127.0.0.%d:9", n+2)
	}
	return fmt.Sprintf("127.0.0.%d:18411", n+2)
}

func refused(e *deliveries.EndpointRecord) string {
	return "Connection refused: nothing is listening at " + e.Host() + "."
}

// Receive accepts the deliveries to the webhooks that don't fail, until the test ends.
func Receive(t testing.TB, size Size) {
	t.Helper()
	accept := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for n := range size.Webhooks {
		if fails(n) {
			continue
		}
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address(n))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(accept)
		server.Listener.Close()
		server.Listener = listener
		server.Start()
		t.Cleanup(server.Close)
	}
}

func (w *hook) failingSince() time.Time {
	if w.change.State == delivery.Failing {
		return w.change.At
	}
	return time.Time{}
}

// settlements are the progress of a webhook up to now, in parts of at most 500
// attempts. A twentieth of the attempts failed, of a failing webhook the newest ones.
func (w *hook) settlements(size Size, head int64, now time.Time) []*deliveries.Settlement {
	r := rand.New(rand.NewPCG(2, uint64(w.n)))
	cursor := max(head-w.behind, 0)
	var hours stats.HourStats
	var all []*deliveries.Settlement
	part := &deliveries.Settlement{Endpoint: w.record.N}
	for i := range size.Attempts {
		share := float64(i+1) / float64(size.Attempts)
		a := w.attempt(r, share, now)
		a.Seq = max(int64(share*float64(cursor)), 1)
		if a.OK() {
			part.Delivered++
		} else {
			part.Failed++
		}
		hours.Note(a.Ended(), a.Duration, a.OK())
		if part.Attempts = append(part.Attempts, a); len(part.Attempts) == 500 {
			all, part = append(all, part), &deliveries.Settlement{Endpoint: w.record.N}
		}
	}
	part.Cursor, part.Hours = cursor, hours.Encode(now)
	part.FailingSince = w.failingSince()
	if w.n%10 == 7 { // it refuses some events: a few are exhausted, others wait
		for i := range min(200, cursor) {
			p := delivery.Pending{Seq: cursor - i, Attempts: 9}
			if i%4 == 0 {
				p.Attempts, p.Due = 4, now.Add(24*time.Hour)
			}
			part.Put = append(part.Put, p)
		}
	}
	return append(all, part)
}

// attempt makes an attempt: half of them are of the last day.
func (w *hook) attempt(r *rand.Rand, share float64, now time.Time) delivery.Attempt {
	ago := time.Duration((1 - share) * 2 * float64(24*time.Hour))
	if share < 0.5 {
		ago = 24*time.Hour + time.Duration((0.5-share)*2*float64((days-1)*24*time.Hour))
	}
	a := delivery.Attempt{Number: 1, At: now.Add(-ago).Truncate(time.Millisecond), Status: 200,
		Duration: time.Duration(2+r.IntN(20*(w.n%5+1))) * time.Millisecond}
	failing := w.change.State == delivery.Failing && share > 0.95
	switch {
	case failing:
		a.Status, a.Class, a.Detail = 0, delivery.ClassConnect, refused(w.record)
	case r.IntN(20) == 0:
		a.Status, a.Class, a.Detail = 503, delivery.ClassStatus, "The receiver answered 503 Service Unavailable."
		a.Response = "The queue is full."
	}
	return a
}
