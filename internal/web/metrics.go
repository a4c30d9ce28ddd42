package web

import (
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/cameras"
	"postern/internal/connection"
	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/metrics"
	"postern/internal/store/database"
	"postern/internal/store/verify"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook/worker"
)

// serverCounters are the counters of the web layer.
type serverCounters struct {
	responses statusCounts // of all requests
	taken     statusCounts // of requests that post events
}

// statusCounts counts responses by status.
type statusCounts [600]atomic.Int64

func (s *statusCounts) count(status int) {
	if status > 0 && status < len(s) {
		s[status].Add(1)
	}
}

// countResponses is the outermost middleware.
func (s *Server) countResponses(c *fiber.Ctx) error {
	err := c.Next()
	status := respond.StatusOf(c, err)
	s.counters.responses.count(status)
	if c.Method() == fiber.MethodPost && c.Path() == request.APIPrefix+"/events" { // also if a middleware refused it
		s.counters.taken.count(status)
	}
	return err
}

// metrics answers the metrics for alerts and dashboards, in the Prometheus text
// format. Labels are bounded: types, classes, states, statuses, and the ids
// of registered webhooks.
func (s *Server) metrics(c *fiber.Ctx) error {
	size, err := s.store.DB.Size(c.UserContext())
	if err != nil {
		return err
	}
	verified, err := verify.Last(c.UserContext(), s.store.DB)
	if err != nil {
		return err
	}
	m := new(metrics.Text)
	m.Gauge("postern_build_info",
		"Always 1; the labels have the version.").Value(1, "version", s.version, "go_version", runtime.Version())
	s.eventMetrics(m)
	s.storeMetrics(m, size)
	verifyMetrics(m, verified)
	s.cameraMetrics(m)
	s.deliveryMetrics(m)
	s.webhookMetrics(m)
	s.readerMetrics(m)
	processMetrics(m)
	text, err := m.Bytes()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, metrics.TextType)
	return c.Send(text)
}

func (s *Server) eventMetrics(m *metrics.Text) {
	counts := s.hub.Metrics()
	m.Counter("postern_events_accepted_total", "Events accepted since the start, by type.")
	for _, in := range event.Catalogue() {
		m.Value(float64(counts.Accepted[in.Type]), "type", in.Name)
	}
	m.Counter("postern_events_duplicate_total",
		"Events that were sent again with the same id and content.").Value(float64(counts.Duplicates))
	m.Counter("postern_ingest_requests_total", "Requests that post events, by response status. Each but 202 was refused as a whole.")
	writeStatuses(m, &s.counters.taken, 202, 400, 409, 413, 503)
	m.Counter("postern_http_responses_total", "Responses to all requests, by status.")
	writeStatuses(m, &s.counters.responses, 200, 500, 503)
	m.Counter("postern_idempotent_answers_total",
		"Repeated requests with an Idempotency-Key, which got their first response again.").Value(float64(s.api.RepeatedAnswers()))
	m.Histogram(counts.Groups)
}

// writeStatuses writes a sample for each status that has occurred, and for those
// in alert rules: a rate doesn't see the first sample of a series.
func writeStatuses(m *metrics.Text, counts *statusCounts, always ...int) {
	for status := range counts {
		if n := counts[status].Load(); n > 0 || slices.Contains(always, status) {
			m.Value(float64(n), "code", strconv.Itoa(status))
		}
	}
}

func (s *Server) storeMetrics(m *metrics.Text, size int64) {
	counts, stored := s.store.DB.Metrics(), s.store.Metrics()
	m.Histogram(counts.Commits)
	m.Histogram(counts.Syncs)
	m.Counter("postern_store_failures_total",
		"Transactions that could not be committed, as on a full disk.").Value(float64(counts.Failures))
	m.Counter("postern_store_checkpoints_total", "Moves of the write-ahead log into the database file, by outcome.")
	m.Value(float64(counts.Checkpoints), "outcome", "done")
	m.Value(float64(counts.CheckpointFailures), "outcome", "failed")
	m.Value(float64(counts.CheckpointsBlocked), "outcome", "blocked")
	m.Gauge("postern_store_wal_bytes", "Bytes of the write-ahead log.").Value(float64(s.store.DB.WAL()))
	m.Gauge("postern_store_trouble", "1 for each lasting fault of the data folder, 0 for the others.")
	troubles := s.store.DB.Troubles()
	for _, kind := range database.TroubleKinds() {
		lasts := 0.0
		if slices.ContainsFunc(troubles, func(t database.Trouble) bool { return t.Kind == kind }) {
			lasts = 1
		}
		m.Value(lasts, "kind", string(kind))
	}
	m.Gauge("postern_store_reserve_bytes",
		"Bytes of the disk that are reserved for everything but events.").Value(float64(s.store.DB.Reserve()))
	if room, err := s.store.DB.Room(); err == nil {
		m.Gauge("postern_disk_free_bytes", "Bytes of the data folder's disk that are free, the reserve aside.").Value(float64(room))
	}
	m.Gauge("postern_store_size_bytes", "Bytes in use in the database file.").Value(float64(size))
	m.Gauge("postern_store_first_seq", "Sequence number of the oldest stored event.").Value(float64(s.store.First()))
	m.Gauge("postern_store_head_seq", "Sequence number of the newest event.").Value(float64(s.store.Head()))
	m.Counter("postern_store_damaged_events_total",
		"Events that can't be read, because they were changed on the disk.").Value(float64(stored.Damaged))
	m.Counter("postern_store_damaged_blocks_total",
		"Blocks of the search index that were changed on the disk, and are rebuilt.").Value(float64(stored.DamagedBlocks))
	m.Gauge("postern_clock_in_doubt",
		"1 while the wall clock is in doubt and retention by age is suspended, else 0.").Value(oneFor(s.store.Clock().Held))
	m.Counter("postern_retention_removed_events_total", "Events that retention removed.").Value(float64(stored.Removed))
}

// oneFor returns 1 for true.
func oneFor(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (s *Server) cameraMetrics(m *metrics.Text) {
	counts := s.cameras.Count()
	m.Gauge("postern_cameras", "Cameras that sent events recently or have a setting, by state.")
	for _, state := range cameras.States() {
		m.Value(float64(counts[state]), "state", string(state))
	}
}

func (s *Server) deliveryMetrics(m *metrics.Text) {
	counts := s.webhooks.Metrics()
	m.Counter("postern_delivery_attempts_total", "Delivery attempts of all webhooks, by outcome.")
	for class, n := range counts.Attempts {
		outcome := delivery.Class(class).String()
		if delivery.Class(class) == delivery.ClassNone {
			outcome = "delivered"
		}
		m.Value(float64(n), "outcome", outcome)
	}
	m.Counter("postern_delivery_repeated_requests_total",
		"Requests that were repeated immediately because the receiver had closed the kept-alive connection; they use up no attempt.").Value(
		float64(counts.Repeats))
	m.Histogram(counts.Durations)
	m.Histogram(counts.Latency)
}

// webhookMetrics writes one sample for each webhook, family by family, as the
// format asks for.
func (s *Server) webhookMetrics(m *metrics.Text) {
	endpoints := s.webhooks.Endpoints()
	statuses := make([]worker.Status, len(endpoints))
	for i, e := range endpoints {
		statuses[i] = s.webhooks.Status(e.ID)
	}
	m.Gauge("postern_webhooks", "Webhooks that are registered.").Value(float64(len(endpoints)))
	m.Gauge("postern_webhook_state", "1 for the state that the webhook is in, 0 for the others.")
	for i, e := range endpoints {
		current, _, _ := statuses[i].Shown()
		for _, state := range delivery.States() {
			in := 0.0
			if current == state {
				in = 1
			}
			m.Value(in, "webhook", e.ID, "state", string(state))
		}
	}
	each := func(value func(worker.Status) float64, labels ...string) {
		for i, e := range endpoints {
			m.Value(value(statuses[i]), append([]string{"webhook", e.ID}, labels...)...)
		}
	}
	m.Gauge("postern_webhook_lag_events",
		"Events not yet sent to the webhook for the first time; an estimate where there are very many.")
	each(func(st worker.Status) float64 { return float64(st.Behind) })
	m.Gauge("postern_webhook_pending_deliveries", "Deliveries in flight, waiting for a retry, or exhausted.")
	each(func(st worker.Status) float64 { return float64(st.InFlight) }, "kind", "in_flight")
	each(func(st worker.Status) float64 { return float64(st.Retrying) }, "kind", "retrying")
	each(func(st worker.Status) float64 { return float64(st.Exhausted) }, "kind", "exhausted")
	m.Counter("postern_webhook_delivered_total", "Deliveries that succeeded since the webhook was registered.")
	each(func(st worker.Status) float64 { return float64(st.Delivered) })
	m.Counter("postern_webhook_failed_attempts_total", "Attempts that failed since the webhook was registered.")
	each(func(st worker.Status) float64 { return float64(st.Failed) })
	m.Counter("postern_webhook_expired_events_total",
		"Events that retention removed undelivered: those not yet examined for the webhook, matching or not, and those waiting for a retry.")
	each(func(st worker.Status) float64 { return float64(st.Expired) })
	m.Counter("postern_webhook_expired_retries_total", "Expired events that had failed and were waiting for a retry.")
	each(func(st worker.Status) float64 { return float64(st.ExpiredRetries) })
	m.Counter("postern_webhook_suppressed_events_total", "Events that storm control suppressed.")
	each(func(st worker.Status) float64 { return float64(st.Suppressed) })
}

func (s *Server) readerMetrics(m *metrics.Text) {
	counts := s.hub.Metrics()
	m.Gauge("postern_memory_budget_bytes",
		"Bytes of memory that each part may use: large request bodies, and large responses until clients have read them.")
	m.Value(float64(s.bodies.Most()), "part", "bodies")
	m.Value(float64(s.answers.Most()), "part", "answers")
	m.Gauge("postern_memory_used_bytes", "Bytes of memory in use by each part.")
	m.Value(float64(s.bodies.Used()), "part", "bodies")
	m.Value(float64(s.answers.Used()), "part", "answers")
	m.Counter("postern_memory_refused_total", "Requests that got 503 because the part's memory was in use.")
	m.Value(float64(s.bodies.Refused()), "part", "bodies")
	m.Value(float64(s.answers.Refused()), "part", "answers")
	conns := s.connections.Stats()
	m.Gauge("postern_connections", "Open connections of clients.").Value(float64(conns.Open))
	m.Gauge("postern_connections_limit", "Connections of clients that may be open at once.").Value(float64(conns.Limits.Total))
	m.Gauge("postern_connections_per_client_limit",
		"Connections that one client address, or IPv6 /64, may have open.").Value(float64(conns.Limits.PerClient))
	m.Counter("postern_connections_refused_total",
		"Connections that were refused, by reason: full, or client_full where the client had its maximum.")
	for _, reason := range connection.Reasons() {
		m.Value(float64(conns.Refused[reason]), "reason", reason.String())
	}
	m.Counter("postern_connections_displaced_total",
		"Anonymous connections without a whole request that were closed to make room for others.").Value(float64(conns.Displaced))
	m.Counter("postern_accept_errors_total",
		"Errors while accepting connections, such as too many open files. Postern tries again.").Value(float64(conns.AcceptErrors))
	m.Gauge("postern_live_sockets", "Live pages that are open.").Value(float64(s.live.Open()))
	m.Gauge("postern_live_sockets_limit", "Live pages that may be open at once.").Value(float64(s.live.Limit))
	m.Counter("postern_live_sockets_refused_total", "Live pages that were refused at the limit.").Value(float64(s.live.Refused()))
	streams := s.streams.Metrics()
	m.Gauge("postern_streams", "Streams of programs that are open.").Value(float64(streams.Open))
	m.Gauge("postern_streams_limit", "Streams of programs that may be open at once.").Value(float64(streams.Limit))
	m.Counter("postern_streams_refused_total", "Streams that were refused at the limit.").Value(float64(streams.Refused))
	m.Counter("postern_streams_cut_total", "Streams that were closed because their client read nothing.").Value(float64(streams.Cut))
	m.Counter("postern_streams_missed_events_total",
		"Events that streams could not send, because retention had removed them.").Value(float64(streams.Missed))
	m.Gauge("postern_hub_readers", "Delivery workers, feeds and streams that follow the log.").Value(float64(counts.Readers))
	m.Counter("postern_ring_misses_total",
		"Reads that went to the store, because the events were no longer in memory.").Value(float64(counts.RingMisses))
	m.Counter("postern_ring_skipped_events_total",
		"Events that live pages skipped, because they were no longer in memory.").Value(float64(counts.Skipped))
}

// verifyMetrics writes the result of the newest verification.
func verifyMetrics(m *metrics.Text, v *verify.Report) {
	ended := 0.0
	if v == nil {
		v = new(verify.Report)
	} else {
		ended = float64(v.Ended.UnixMilli()) / float64(time.Second/time.Millisecond)
	}
	m.Gauge("postern_verified_timestamp_seconds", "When the newest verification of the data folder ended; 0 before the first.").Value(ended)
	m.Gauge("postern_verified_unreadable_events", "Events that the newest verification could not read.").Value(float64(v.Unreadable()))
	m.Gauge("postern_verified_damaged_blocks",
		"Parts of the indexes that the newest verification found wrong.").Value(float64(v.DamagedBlocks + v.Entries))
}
