package web

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/metrics"
	"postern/internal/store"
	"postern/internal/web/api"
)

// scrape is an answer of /metrics: the value of each sample, and the labels
// that each metric has been seen with.
type scrape struct {
	text   string
	values map[string]float64             // by name{labels} as written
	labels map[string]map[string][]string // by name, then label
}

var (
	sampleLine = regexp.MustCompile(`^([a-z_]+)(\{.*\})? (\S+)$`)
	labelPair  = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
)

// metrics asks for the metrics and checks the form of every line.
func (s *service) metrics() scrape {
	s.t.Helper()
	a := s.get("/metrics").want(200)
	if got := a.header.Get("Content-Type"); got != metrics.TextType {
		s.t.Errorf("content type %q", got)
	}
	out := scrape{text: string(a.body), values: map[string]float64{}, labels: map[string]map[string][]string{}}
	family, kinds := "", map[string]string{}
	for line := range strings.Lines(out.text) {
		line = strings.TrimSuffix(line, "\n")
		if help, ok := strings.CutPrefix(line, "# HELP "); ok {
			family, _, _ = strings.Cut(help, " ")
			if kinds[family] != "" {
				s.t.Errorf("%s comes twice", family)
			}
			continue
		}
		if kind, ok := strings.CutPrefix(line, "# TYPE "+family+" "); ok {
			kinds[family] = kind
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil || kinds[family] == "" || m[1] != family && kinds[family] != "histogram" || !strings.HasPrefix(m[1], family) {
			s.t.Fatalf("line %q after %s", line, family)
		}
		v, err := strconv.ParseFloat(m[3], 64)
		if _, twice := out.values[m[1]+m[2]]; err != nil || twice {
			s.t.Fatalf("line %q: %v, or it comes twice", line, err)
		}
		out.values[m[1]+m[2]] = v
		if out.labels[m[1]] == nil {
			out.labels[m[1]] = map[string][]string{}
		}
		for _, l := range labelPair.FindAllStringSubmatch(m[2], -1) {
			out.labels[m[1]][l[1]] = append(out.labels[m[1]][l[1]], l[2])
		}
	}
	return out
}

func (m scrape) want(t *testing.T, sample string, value float64) {
	t.Helper()
	if got, ok := m.values[sample]; !ok || got != value {
		t.Errorf("%s is %v (%v), want %v", sample, got, ok, value)
	}
}

func TestMetricsTellWhatHappened(t *testing.T) {
	t.Parallel()
	clock := make(chan time.Duration, 1)
	clock <- 0
	now := func() time.Time { d := <-clock; clock <- d; return time.Now().Add(d) }
	s := startServiceIn(t, t.TempDir(), store.Options{Now: now, Retain: time.Hour}, nil, func(*Server) {})
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Event-Type") == "line_crossed" {
			w.Header().Set("Retry-After", "3600") // however slow this machine is
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer receiver.Close()
	var hook api.Webhook
	s.post(apiPath+"/events/webhooks", `{"url":"`+receiver.URL+`","event_types":["*"]}`).want(200).into(&hook)
	p := s.follow("sse", "")

	s.post(apiPath+"/events", `{"id":"a","type":"face_matched","source":"x"}`).want(202)
	s.post(apiPath+"/events", `[{"id":"a","type":"face_matched","source":"x"},{"id":"b","type":"face_matched","source":"x"}]`).want(202)
	s.post(apiPath+"/events", `{"type":"line_crossed","source":"x"}`).want(202)
	s.post(apiPath+"/events", `{"id":"a","type":"line_crossed","source":"x"}`).want(409)
	s.post(apiPath+"/events", `{`).want(400)
	s.post(apiPath+"/events", strings.Repeat(" ", event.MaxRequestBytes+1)).want(413)
	until(t, "three tries", func() bool {
		now := s.metrics().values
		return now["postern_delivery_attempt_duration_seconds_count"] == 3 &&
			now[`postern_webhook_delivered_total{webhook="`+hook.ID+`"}`] == 2 &&
			now[`postern_webhook_pending_deliveries{webhook="`+hook.ID+`",kind="retrying"}`] == 1
	})
	for seq := int64(1); seq <= 3; seq++ {
		p.event()
	}

	m := s.metrics()
	m.want(t, `postern_events_accepted_total{type="face_matched"}`, 2)
	m.want(t, `postern_events_accepted_total{type="line_crossed"}`, 1)
	m.want(t, `postern_events_accepted_total{type="system_error"}`, 0)
	m.want(t, `postern_events_duplicate_total`, 1)
	m.want(t, `postern_ingest_requests_total{code="202"}`, 3)
	m.want(t, `postern_ingest_requests_total{code="400"}`, 1)
	m.want(t, `postern_ingest_requests_total{code="409"}`, 1)
	m.want(t, `postern_ingest_requests_total{code="413"}`, 1)
	m.want(t, `postern_ingest_requests_total{code="503"}`, 0)
	m.want(t, `postern_delivery_attempts_total{outcome="delivered"}`, 2)
	m.want(t, `postern_delivery_attempts_total{outcome="status"}`, 1)
	m.want(t, `postern_delivery_attempts_total{outcome="dns"}`, 0)
	m.want(t, `postern_delivery_latency_seconds_count`, 2)
	m.want(t, `postern_webhook_state{webhook="`+hook.ID+`",state="active"}`, 1)
	m.want(t, `postern_webhook_state{webhook="`+hook.ID+`",state="failing"}`, 0)
	m.want(t, `postern_webhook_pending_deliveries{webhook="`+hook.ID+`",kind="retrying"}`, 1)
	m.want(t, `postern_webhook_delivered_total{webhook="`+hook.ID+`"}`, 2)
	m.want(t, `postern_webhook_lag_events{webhook="`+hook.ID+`"}`, 0)
	m.want(t, `postern_store_first_seq`, 1)
	m.want(t, `postern_store_head_seq`, 3)
	m.want(t, `postern_streams`, 1)
	m.want(t, `postern_live_sockets`, 0)
	m.want(t, `postern_build_info{version="test",go_version="`+m.labels["postern_build_info"]["go_version"][0]+`"}`, 1)
	m.want(t, `postern_commit_group_events_bucket{le="1"}`, 3)
	m.want(t, `postern_commit_group_events_bucket{le="2"}`, 4) // the refused one had a group too
	if n := m.values["postern_store_sync_duration_seconds_count"]; n < 3 ||
		n != m.values[`postern_store_sync_duration_seconds_bucket{le="+Inf"}`] {
		t.Errorf("%v commits", n)
	}
	if m.values["postern_store_size_bytes"] < 4096 || m.values["go_goroutines"] < 2 || m.values["process_start_time_seconds"] < 1e9 {
		t.Error("the store's size, the goroutines or the start aren't told")
	}

	// Events leave the ring, and then the store.
	s.publish(event.PersonEntered, 150)
	s.follow("ndjson", "?after=0").event()
	<-clock
	clock <- 2 * time.Hour
	s.publish(event.PersonEntered, 1)
	if _, err := s.store.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := s.follow("ndjson", "?after=10")
	for m, err := late.within(liveTime); m.Missed == 0; m, err = late.within(liveTime) {
		if err != nil {
			t.Fatal(err)
		}
	}
	m = s.metrics()
	m.want(t, `postern_retention_removed_events_total`, 153)
	m.want(t, `postern_store_first_seq`, 154)
	if m.values["postern_ring_misses_total"] < 1 || m.values["postern_streams_missed_events_total"] < 143 {
		t.Error("what memory and the store no longer had isn't told")
	}
}

func TestMetricsCountWhatTheStoreRefuses(t *testing.T) {
	t.Parallel()
	s := startService(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.post(apiPath+"/events", oneEvent).problem(500)
	if n := s.server.counters.taken[500].Load(); n != 1 {
		t.Errorf("%d refusals counted", n)
	}
}
