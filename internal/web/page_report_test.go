package web

import (
	"testing"

	"postern/internal/account"
	"postern/internal/event"
)

func TestReport_counts_alerts_and_acknowledgements_within_the_camera_scope(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("olga", account.Operator)
	g.account("guard", account.Operator, "lobby")
	var lobby *event.Event
	for range 2 {
		lobby = g.seen(event.WatchlistAlert, "lobby", "Alice Smith")
		g.seen(event.LivenessFailed, "vault", "Hidden Person")
	}
	g.seen(event.FaceMatched, "lobby", "Alice Smith") // no alert
	olga, guard := g.signedIn("olga"), g.signedIn("guard")
	g.do("POST", apiPath+"/events/"+lobby.ID+"/acknowledge", "", append(olga, "Accept", "application/json")...).want(200)
	html := func(as []string) []string { return append(as, "Accept", "text/html") }
	all := g.do("GET", "/report", "", html(olga)...).want(200)
	all.says("Watchlist alert", "Liveness failed", "<bdi>olga</bdi>", `data-label="Acknowledged">1<`, `<dt>Alerts</dt><dd>4</dd>`,
		`<dt>Still open</dt><dd>3</dd>`, "Outages of cameras").saysNot("Alice", "Hidden")
	some := g.do("GET", "/report?range=this-shift", "", html(guard)...).want(200)
	some.says("Only these cameras: <bdi>lobby</bdi>", `<dt>Alerts</dt><dd>2</dd>`, `<dt>Still open</dt><dd>1</dd>`).
		saysNot("Liveness failed", "vault")
	g.do("GET", "/report?from=2020-03-19T10:00&to=2020-03-19T11:00", "", html(olga)...).want(200).
		says("No alerts.", `<dt>Alerts</dt><dd>0</dd>`)
	g.do("GET", "/report?from=2026-03-19T10:00&to=2026-03-19T09:00", "", html(olga)...).want(422).says("The end must be after the start")
	g.do("GET", "/report?from=2026-01-01T10:00&to=2026-03-19T09:00", "", html(olga)...).want(422)
	g.do("GET", "/report?range=never", "", html(olga)...).want(400)
}
