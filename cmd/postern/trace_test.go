package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	producersTrace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	producersSpan   = "00f067aa0ba902b7"
	producersParent = "00-" + producersTrace + "-" + producersSpan + "-01"
)

// fakeCollector takes traces by OTLP over HTTP.
type fakeCollector struct {
	*httptest.Server
	mu       sync.Mutex
	spans    []*spans.Span
	services []string
	raw      []byte
}

func startCollector(t *testing.T) *fakeCollector {
	t.Helper()
	c := &fakeCollector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var got collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &got) != nil {
			http.Error(w, "not traces", http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw = append(c.raw, body...)
		for _, resource := range got.ResourceSpans {
			c.services = append(c.services, attributes(resource.Resource.Attributes)["service.name"])
			for _, scope := range resource.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// named returns the spans of a name in the order in which they began.
func (c *fakeCollector) named(name string) []*spans.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*spans.Span
	for _, s := range c.spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b *spans.Span) int { return int(int64(a.StartTimeUnixNano) - int64(b.StartTimeUnixNano)) })
	return found
}

func attributes(list []*common.KeyValue) map[string]string {
	all := make(map[string]string)
	for _, a := range list {
		switch v := a.Value.Value.(type) {
		case *common.AnyValue_IntValue:
			all[a.Key] = fmt.Sprint(v.IntValue)
		default:
			all[a.Key] = a.Value.GetStringValue()
		}
	}
	return all
}

func parentOf(s *spans.Span) string {
	return "00-" + hex.EncodeToString(s.TraceId) + "-" + hex.EncodeToString(s.SpanId) + "-01"
}

// tracedReceiver is a receiver that keeps the traceparent of every post and
// refuses the first posts.
type tracedReceiver struct {
	*httptest.Server
	mu      sync.Mutex
	refuse  int
	parents []string
}

func startReceiver(t *testing.T, refuse int) *tracedReceiver {
	t.Helper()
	r := &tracedReceiver{refuse: refuse}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.parents = append(r.parents, req.Header.Get("traceparent"))
		if len(r.parents) <= r.refuse {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *tracedReceiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.parents)
}

// postTraced posts a body of events with a traceparent.
func (d *daemon) postTraced(body, traceparent string) {
	d.t.Helper()
	req, err := http.NewRequest(http.MethodPost, d.base+"/api/v1/events", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("traceparent", traceparent)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		d.t.Fatalf("status %d", res.StatusCode)
	}
}

const tracedEvent = `{"id":"traced-1","type":"face_matched","timestamp":"2026-03-19T12:00:00Z","source":"face_pipeline",` +
	`"camera_id":"lobby-cam-1","data":{"identity_id":"p-1","label":"Alice Smith"}}`

func hook(url string) string { return `{"url":"` + url + `","event_types":["*"]}` }

var openFlags = []string{"--allow-http", "--allow-target", "127.0.0.0/8"}

// TestTraceFromRequestToReceiver follows one event through a failed try, the
// next one and a resend. Only stopping sends the spans here.
func TestTraceFromRequestToReceiver(t *testing.T) {
	t.Parallel()
	to, receiver := startCollector(t), startReceiver(t, 1)
	d := startWith(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + to.URL, "OTEL_SERVICE_NAME=gate-7", "OTEL_BSP_SCHEDULE_DELAY=3600000"},
		"serve", append([]string{"--data", t.TempDir()}, openFlags...)...)
	var registered struct{ ID string }
	d.request("POST", "/api/v1/events/webhooks", hook(receiver.URL+"/secret-path"), &registered)
	d.postTraced(tracedEvent, producersParent)
	eventually(t, "a second try", func() bool { return len(receiver.got()) == 2 })
	eventually(t, "the second try is settled", func() bool {
		var attempts []struct{ Try int }
		d.request("GET", "/api/v1/events/webhooks/"+registered.ID+"/attempts", "", &attempts)
		return len(attempts) == 2
	})
	d.request("POST", "/api/v1/events/webhooks/"+registered.ID+"/resend", `{"event_id":"traced-1"}`, nil)
	eventually(t, "the resend", func() bool { return len(receiver.got()) == 3 })
	if code := d.stop(); code != 0 {
		t.Fatalf("it ended with %d", code)
	}

	requests, commits, tries := to.named("POST /api/v1/events"), to.named("commit"), to.named("deliver")
	if len(requests) != 1 || len(commits) != 1 || len(tries) != 3 {
		t.Fatalf("%d requests, %d commits, %d deliveries", len(requests), len(commits), len(tries))
	}
	request := requests[0]
	if hex.EncodeToString(request.TraceId) != producersTrace || hex.EncodeToString(request.ParentSpanId) != producersSpan {
		t.Errorf("the request is in trace %x below %x", request.TraceId, request.ParentSpanId)
	}
	if a := attributes(request.Attributes); a["postern.events"] != "1" || a["http.response.status_code"] != "202" {
		t.Errorf("the request has %v", a)
	}
	for _, s := range append(slices.Clone(commits), tries[:2]...) {
		if string(s.TraceId) != string(request.TraceId) || string(s.ParentSpanId) != string(request.SpanId) {
			t.Errorf("%s is in trace %x below %x", s.Name, s.TraceId, s.ParentSpanId)
		}
	}
	if a := attributes(commits[0].Attributes); a["postern.events"] != "1" || a["postern.batches"] != "1" {
		t.Errorf("the commit has %v", a)
	}
	for i, want := range []map[string]string{
		{"postern.try": "1", "http.response.status_code": "500", "error.type": "status"},
		{"postern.try": "2", "http.response.status_code": "200"},
		{"postern.try": "1", "http.response.status_code": "200"},
	} {
		want["postern.webhook.id"], want["server.address"], want["http.request.method"] = registered.ID, "127.0.0.1", "POST"
		if got := attributes(tries[i].Attributes); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("try %d has %v, not %v", i, got, want)
		}
		if got := receiver.got()[i]; got != parentOf(tries[i]) {
			t.Errorf("try %d went out with %q, not %q", i, got, parentOf(tries[i]))
		}
	}
	again := tries[2]
	if string(again.TraceId) == string(request.TraceId) || len(again.ParentSpanId) != 0 {
		t.Errorf("the resend is in trace %x below %x", again.TraceId, again.ParentSpanId)
	}
	if len(again.Links) != 1 || string(again.Links[0].TraceId) != string(request.TraceId) ||
		string(again.Links[0].SpanId) != string(request.SpanId) {
		t.Errorf("the resend links to %v", again.Links)
	}
	if got := slices.Compact(slices.Clone(to.services)); !slices.Equal(got, []string{"gate-7"}) {
		t.Errorf("services %q", got)
	}
	for _, private := range []string{"Alice", "p-1", "lobby-cam-1", "secret-path", "traced-1"} {
		if strings.Contains(string(to.raw), private) {
			t.Errorf("the collector was told %q", private)
		}
	}
}

// TestTraceUnsampledGoesOnWithoutSpans has a sampler that keeps nothing.
func TestTraceUnsampledGoesOnWithoutSpans(t *testing.T) {
	t.Parallel()
	to, receiver := startCollector(t), startReceiver(t, 0)
	d := startWith(t, []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + to.URL + "/v1/traces", "OTEL_TRACES_SAMPLER=always_off"},
		"serve", append([]string{"--data", t.TempDir()}, openFlags...)...)
	d.request("POST", "/api/v1/events/webhooks", hook(receiver.URL), nil)
	d.postTraced(tracedEvent, producersParent)
	eventually(t, "a delivery", func() bool { return len(receiver.got()) == 1 })
	d.stop()
	if got := receiver.got()[0]; !strings.HasPrefix(got, "00-"+producersTrace+"-") || !strings.HasSuffix(got, "-00") {
		t.Errorf("it went out with %q", got)
	}
	if len(to.spans) != 0 {
		t.Errorf("%d spans", len(to.spans))
	}
}

// TestTraceOffForwardsNothing has no collector.
func TestTraceOffForwardsNothing(t *testing.T) {
	t.Parallel()
	receiver := startReceiver(t, 0)
	d := start(t, t.TempDir(), openFlags...)
	d.request("POST", "/api/v1/events/webhooks", hook(receiver.URL), nil)
	d.postTraced(tracedEvent, producersParent)
	eventually(t, "a delivery", func() bool { return len(receiver.got()) == 1 })
	if got := receiver.got()[0]; got != "" {
		t.Errorf("it went out with %q", got)
	}
}

// TestTraceDeadCollectorCostsNothing has collectors that take connections and
// never answer, and that don't take any.
func TestTraceDeadCollectorCostsNothing(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, url := range map[string]string{"silent": "http://" + silent.Addr().String(), "gone": gone.URL} {
		receiver := startReceiver(t, 0)
		d := startWith(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + url, "OTEL_BSP_MAX_QUEUE_SIZE=16", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=4",
			"OTEL_BSP_SCHEDULE_DELAY=10"},
			"serve", append([]string{"--data", t.TempDir()}, openFlags...)...)
		d.request("POST", "/api/v1/events/webhooks", hook(receiver.URL), nil)
		const n = 300 // with their spans far more than the queue holds
		for i := range n {
			d.postTraced(strings.Replace(tracedEvent, "traced-1", fmt.Sprintf("traced-%d", i), 1), producersParent)
		}
		eventually(t, "all deliveries", func() bool { return len(receiver.got()) == n })
		if name == "gone" {
			eventually(t, "a word in the log", func() bool { return strings.Contains(d.log.String(), "traces fail") })
		}
		before := time.Now()
		if code := d.stop(); code != 0 {
			t.Errorf("%s: it ended with %d", name, code)
		}
		if took := time.Since(before); took > 20*time.Second {
			t.Errorf("%s: it took %s to stop", name, took)
		}
		if said := strings.Count(d.log.String(), "traces fail"); said > 2 {
			t.Errorf("%s: the log says %d times that traces fail", name, said)
		}
	}
}

// TestTraceSettingsThatCannotBe are told of when it starts.
func TestTraceSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	for setting, word := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318":                                     "http://127.0.0.1:4318",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://a:1 OTEL_EXPORTER_OTLP_PROTOCOL=grpc":        "http/protobuf",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://a:1 OTEL_EXPORTER_OTLP_HEADERS=topsecretkey": "name=value",
	} {
		env := strings.Fields(setting)
		code, _, said := command(t, env, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir())
		name, _, _ := strings.Cut(env[len(env)-1], "=")
		if code == 0 || !strings.Contains(said, name) || !strings.Contains(said, word) || strings.Contains(said, "topsecret") {
			t.Errorf("%s: ended with %d and said %q", setting, code, said)
		}
	}
}
