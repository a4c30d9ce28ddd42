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
	"postern/internal/store/database"
	"postern/internal/webhook"
)

// serverCounters are what the web layer itself counts.
type serverCounters struct {
	responses statusCounts // of everything
	taken     statusCounts // of requests that bring events

	answersRepeated atomic.Int64 // by their Idempotency-Key
}

// statusCounts counts responses by status.
type statusCounts [600]atomic.Int64

func (s *statusCounts) count(status int) {
	if status > 0 && status < len(s) {
		s[status].Add(1)
	}
}

// statusOf is the status that a handler's outcome will be answered with.
func statusOf(c *fiber.Ctx, err error) int {
	if err != nil {
		return toProblem(err).Status
	}
	return c.Response().StatusCode()
}

// countResponses stands before everything else.
func (s *Server) countResponses(c *fiber.Ctx) error {
	err := c.Next()
	status := statusOf(c, err)
	s.counters.responses.count(status)
	if c.Method() == fiber.MethodPost && c.Path() == api+"/events" { // whoever refused it
		s.counters.taken.count(status)
	}
	return err
}

const nanoseconds = float64(time.Second)

// metrics answers what an alert or a dashboard needs, in the Prometheus text
// format. Labels are bounded: types, classes, states, statuses, and the ids
// of registered webhooks.
func (s *Server) metrics(c *fiber.Ctx) error {
	size, err := s.store.DB.Size(c.UserContext())
	if err != nil {
		return err
	}
	verified, err := s.store.LastVerification(c.UserContext())
	if err != nil {
		return err
	}
	m := new(metricsText)
	m.gauge("postern_build_info", "Always 1; the version stands in the labels.").value(1, "version", s.version, "go_version", runtime.Version())
	s.eventMetrics(m)
	s.storeMetrics(m, size)
	verifyMetrics(m, verified)
	s.cameraMetrics(m)
	s.deliveryMetrics(m)
	s.webhookMetrics(m)
	s.readerMetrics(m)
	processMetrics(m)
	c.Set(fiber.HeaderContentType, metricsType)
	return c.Send(m.b)
}

func (s *Server) eventMetrics(m *metricsText) {
	counts := s.hub.Metrics()
	m.counter("postern_events_accepted_total", "Events that were kept since the start, by type.")
	for _, in := range event.Catalogue() {
		m.value(float64(counts.Accepted[in.Type]), "type", in.Name)
	}
	m.counter("postern_events_duplicate_total", "Events that were sent again with the same id and content.").value(float64(counts.Duplicates))
	m.counter("postern_ingest_requests_total", "Requests that brought events, by the status they were answered with; all but 202 were refused whole.")
	m.statuses(&s.counters.taken, 202, 400, 409, 413, 503)
	m.counter("postern_http_responses_total", "Responses to all requests, by status.")
	m.statuses(&s.counters.responses, 200, 500, 503)
	m.counter("postern_idempotent_answers_total", "Requests with an Idempotency-Key that were carried out before and got the same answer again.").value(float64(s.counters.answersRepeated.Load()))
	m.histogram("postern_commit_group_events", "Events that shared one commit.", counts.Groups, 1)
}

// statuses writes a sample for each status that has occurred, and for those
// that alerts ask for: a rate doesn't see a first occurrence from nothing.
func (m *metricsText) statuses(counts *statusCounts, always ...int) {
	for status := range counts {
		if n := counts[status].Load(); n > 0 || slices.Contains(always, status) {
			m.value(float64(n), "code", strconv.Itoa(status))
		}
	}
}

func (s *Server) storeMetrics(m *metricsText, size int64) {
	counts, stored := s.store.DB.Metrics(), s.store.Metrics()
	m.histogram("postern_store_commit_duration_seconds", "Time of a transaction, from its beginning until it was durable.", counts.Commits, nanoseconds)
	m.histogram("postern_store_sync_duration_seconds", "Time of a transaction's last step: mostly the fsync.", counts.Syncs, nanoseconds)
	m.counter("postern_store_failures_total", "Transactions that could not be kept, as with a full disk.").value(float64(counts.Failures))
	m.counter("postern_store_checkpoints_total", "Moves of the write-ahead log into the database file, by outcome.")
	m.value(float64(counts.Checkpoints), "outcome", "done")
	m.value(float64(counts.CheckpointFailures), "outcome", "failed")
	m.value(float64(counts.CheckpointsBlocked), "outcome", "blocked")
	m.gauge("postern_store_wal_bytes", "Bytes of the write-ahead log.").value(float64(s.store.DB.WAL()))
	m.gauge("postern_store_trouble", "1 for each fault of the data folder that lasts, 0 for the others.")
	troubles := s.store.DB.Troubles()
	for _, kind := range database.TroubleKinds() {
		lasts := 0.0
		if slices.ContainsFunc(troubles, func(t database.Trouble) bool { return t.Kind == kind }) {
			lasts = 1
		}
		m.value(lasts, "kind", string(kind))
	}
	m.gauge("postern_store_reserve_bytes", "Bytes of the disk that are held back for everything but events.").value(float64(s.store.DB.Reserve()))
	if room, err := s.store.DB.Room(); err == nil {
		m.gauge("postern_disk_free_bytes", "Bytes of the data folder's disk that are free, the reserve aside.").value(float64(room))
	}
	m.gauge("postern_store_size_bytes", "Bytes of the store's file that are in use.").value(float64(size))
	m.gauge("postern_store_first_seq", "Sequence number of the oldest event that is kept.").value(float64(s.store.First()))
	m.gauge("postern_store_head_seq", "Sequence number of the newest event.").value(float64(s.store.Head()))
	m.counter("postern_store_damaged_events_total", "Events that were met and can't be read, since they were changed on the disk.").value(float64(stored.Damaged))
	m.counter("postern_store_damaged_blocks_total", "Parts of the search index that were changed on the disk, and are made again.").value(float64(stored.DamagedBlocks))
	m.gauge("postern_clock_in_doubt", "1 while the clock isn't believed and retention by age waits, else 0.").value(oneFor(s.store.Clock().Held))
	m.counter("postern_retention_removed_events_total", "Events that retention removed.").value(float64(stored.Removed))
}

// oneFor is 1 for true.
func oneFor(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (s *Server) cameraMetrics(m *metricsText) {
	counts := s.cameras.Count()
	m.gauge("postern_cameras", "Cameras that were heard of lately or have a setting, by state.")
	for _, state := range cameras.States() {
		m.value(float64(counts[state]), "state", string(state))
	}
}

func (s *Server) deliveryMetrics(m *metricsText) {
	counts := s.webhooks.Metrics()
	m.counter("postern_delivery_attempts_total", "Tries at delivering, of all webhooks, by what became of them.")
	for class, n := range counts.Attempts {
		outcome := delivery.Class(class).String()
		if delivery.Class(class) == delivery.ClassNone {
			outcome = "delivered"
		}
		m.value(float64(n), "outcome", outcome)
	}
	m.counter("postern_delivery_repeated_requests_total", "Requests that were repeated immediately because the receiver had closed the kept-alive connection; they use up no attempt.").value(float64(counts.Repeats))
	m.histogram("postern_delivery_attempt_duration_seconds", "Time of one try, whatever became of it.", counts.Durations, nanoseconds)
	m.histogram("postern_delivery_latency_seconds", "Time from an event's arrival until a receiver had it; resent and replayed ones aside.", counts.Latency, nanoseconds)
}

// webhookStates are the states in the order of the metrics.
var webhookStates = []delivery.State{delivery.Active, delivery.Failing, delivery.Paused, delivery.Disabled}

// webhookMetrics writes one sample for each webhook, family by family, as the
// format asks for.
func (s *Server) webhookMetrics(m *metricsText) {
	endpoints := s.webhooks.Endpoints()
	statuses := make([]webhook.Status, len(endpoints))
	for i, e := range endpoints {
		statuses[i] = s.webhooks.Status(e.ID)
	}
	m.gauge("postern_webhooks", "Webhooks that are registered.").value(float64(len(endpoints)))
	m.gauge("postern_webhook_state", "1 for the state that the webhook is in, 0 for the others.")
	for i, e := range endpoints {
		for _, state := range webhookStates {
			in := 0.0
			if statuses[i].State == state {
				in = 1
			}
			m.value(in, "webhook", e.ID, "state", string(state))
		}
	}
	each := func(value func(webhook.Status) float64, labels ...string) {
		for i, e := range endpoints {
			m.value(value(statuses[i]), append([]string{"webhook", e.ID}, labels...)...)
		}
	}
	m.gauge("postern_webhook_lag_events", "Events that wait to be sent to the webhook for the first time; an estimate where there are very many.")
	each(func(st webhook.Status) float64 { return float64(st.Behind) })
	m.gauge("postern_webhook_pending_deliveries", "Deliveries in flight, waiting for another try, or given up and kept.")
	each(func(st webhook.Status) float64 { return float64(st.InFlight) }, "kind", "in_flight")
	each(func(st webhook.Status) float64 { return float64(st.Retrying) }, "kind", "retrying")
	each(func(st webhook.Status) float64 { return float64(st.Exhausted) }, "kind", "exhausted")
	m.counter("postern_webhook_delivered_total", "Deliveries that arrived since the webhook was registered.")
	each(func(st webhook.Status) float64 { return float64(st.Delivered) })
	m.counter("postern_webhook_failed_attempts_total", "Tries that failed since the webhook was registered.")
	each(func(st webhook.Status) float64 { return float64(st.Failed) })
	m.counter("postern_webhook_expired_events_total", "Events that retention removed undelivered: those that the webhook had not looked at, matching or not, and those that waited for a retry.")
	each(func(st webhook.Status) float64 { return float64(st.Expired) })
	m.counter("postern_webhook_expired_retries_total", "Of the expired events, those that had failed and waited for a retry.")
	each(func(st webhook.Status) float64 { return float64(st.ExpiredRetries) })
	m.counter("postern_webhook_suppressed_events_total", "Events that storm control held back.")
	each(func(st webhook.Status) float64 { return float64(st.Suppressed) })
}

func (s *Server) readerMetrics(m *metricsText) {
	counts := s.hub.Metrics()
	m.gauge("postern_memory_budget_bytes", "Bytes of memory that each part may take: large request bodies, and large answers that wait to be read.")
	m.value(float64(s.bodies.Most()), "part", "bodies")
	m.value(float64(s.answers.Most()), "part", "answers")
	m.gauge("postern_memory_used_bytes", "Bytes of memory in use by each part.")
	m.value(float64(s.bodies.Used()), "part", "bodies")
	m.value(float64(s.answers.Used()), "part", "answers")
	m.counter("postern_memory_refused_total", "Requests that got 503 because the memory of the part was in use.")
	m.value(float64(s.bodies.Refused()), "part", "bodies")
	m.value(float64(s.answers.Refused()), "part", "answers")
	conns := s.connections.Stats()
	m.gauge("postern_connections", "Connections of clients that are open.").value(float64(conns.Open))
	m.gauge("postern_connections_limit", "Connections of clients that may be open at once.").value(float64(conns.Limits.Total))
	m.gauge("postern_connections_per_client_limit", "Connections that one client address, or IPv6 /64, may have open.").value(float64(conns.Limits.PerClient))
	m.counter("postern_connections_refused_total", "Connections that were refused, by reason: full, or client_full where the client had its maximum.")
	for _, reason := range connection.Reasons() {
		m.value(float64(conns.Refused[reason]), "reason", reason.String())
	}
	m.counter("postern_connections_displaced_total", "Anonymous connections without a whole request that were closed to make room for others.").value(float64(conns.Displaced))
	m.counter("postern_accept_errors_total", "Errors while connections were accepted, such as too many open files. They are waited out.").value(float64(conns.AcceptErrors))
	m.gauge("postern_live_sockets", "Live pages that are open.").value(float64(s.live.sockets()))
	m.gauge("postern_live_sockets_limit", "Live pages that may be open at once.").value(float64(s.live.most))
	m.counter("postern_live_sockets_refused_total", "Live pages that were refused, since as many were open as may be.").value(float64(s.live.refused.Load()))
	m.gauge("postern_streams", "Streams of programs that are open.").value(float64(s.streams.count()))
	m.gauge("postern_streams_limit", "Streams of programs that may be open at once.").value(float64(s.streams.most))
	m.counter("postern_streams_refused_total", "Streams that were refused, since as many were open as may be.").value(float64(s.streams.refused.Load()))
	m.counter("postern_streams_cut_total", "Streams that were cut since their client took nothing.").value(float64(s.streams.cut.Load()))
	m.counter("postern_streams_missed_events_total", "Events that streams could not send, since retention had removed them.").value(float64(s.streams.missed.Load()))
	m.gauge("postern_hub_readers", "Lanes, feeds and streams that follow the log.").value(float64(counts.Readers))
	m.counter("postern_ring_misses_total", "Reads that went to the store, since the events were no longer in memory.").value(float64(counts.RingMisses))
	m.counter("postern_ring_skipped_events_total", "Events that live pages skipped, since they were no longer in memory.").value(float64(counts.Skipped))
}
