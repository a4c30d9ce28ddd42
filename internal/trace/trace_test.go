package trace

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	otel "go.opentelemetry.io/otel/trace"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// recorded returns a Tracer and what it has recorded.
func recorded(t *testing.T) (*Tracer, *tracetest.SpanRecorder) {
	t.Helper()
	r := tracetest.NewSpanRecorder()
	p := sdk.NewTracerProvider(sdk.WithSpanProcessor(r))
	return &Tracer{provider: p, tracer: p.Tracer("test")}, r
}

func TestOffCostsNothing(t *testing.T) {
	ctx := context.Background()
	var off *Tracer
	if n := testing.AllocsPerRun(100, func() {
		_, r := off.Request(ctx, parent)
		r.Brings(1)
		RequestOf(ctx).Brings(1)
		c := off.Commit(nil, 1, 1)
		c.End(nil)
		off.Remember(r, 1, 1)
		a := off.Attempt(Delivery{Seq: 1})
		if a.Traceparent() != "" {
			t.Error("a header")
		}
		a.End(200, "")
		r.End(202)
		off.Stop()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestOriginsAreBounded(t *testing.T) {
	t.Parallel()
	var o origins
	for i := range int64(maxOrigins + 10) {
		// Three numbers each, and one between them that nobody traced.
		o.put(4*i+1, 4*i+3, otel.NewSpanContext(otel.SpanContextConfig{TraceID: otel.TraceID{1, byte(i), byte(i >> 8)},
			SpanID: otel.SpanID{1}, TraceFlags: 1}))
	}
	if len(o.ring) != maxOrigins {
		t.Errorf("%d origins", len(o.ring))
	}
	for _, c := range []struct {
		seq   int64
		known bool
	}{{1, false}, {4*9 + 3, false}, {4*10 + 1, true}, {4*10 + 3, true}, {4*10 + 4, false}, {4*(maxOrigins+9) + 3, true},
		{4*(maxOrigins+9) + 4, false}} {
		got, known := o.of(c.seq)
		if known != c.known {
			t.Errorf("%d: known %v", c.seq, known)
		}
		if i := (c.seq - 1) / 4; known && got.TraceID() != (otel.TraceID{1, byte(i), byte(i >> 8)}) {
			t.Errorf("%d: trace %s", c.seq, got.TraceID())
		}
	}
}

func TestDeliveryOfUnknownEventHasNoTrace(t *testing.T) {
	t.Parallel()
	tracer, _ := recorded(t)
	if a := tracer.Attempt(Delivery{Seq: 7}); a != nil || a.Traceparent() != "" {
		t.Error("it has one")
	}
	a := tracer.Attempt(Delivery{Seq: 7, Again: true})
	if a.Traceparent() == "" || len(a.span.(sdk.ReadOnlySpan).Links()) != 0 {
		t.Error("what a person sends again has a trace of its own, without a link")
	}
}

func TestTraceparentThatIsNoneBeginsATrace(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "nonsense", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", parent + "\r\nX: y",
		strings.Repeat("0", 1<<14)} {
		tracer, r := recorded(t)
		ctx, request := tracer.Request(context.Background(), bad)
		if RequestOf(ctx) != request {
			t.Error("the context doesn't lead to it")
		}
		request.End(202)
		if s := r.Ended()[0]; s.Parent().IsValid() || !s.SpanContext().IsValid() {
			t.Errorf("%.40q: parent %v", bad, s.Parent())
		}
	}
}

func TestCommitNamesAllItsTraces(t *testing.T) {
	t.Parallel()
	tracer, r := recorded(t)
	var requests []*Request
	for range maxLinks + 10 {
		_, one := tracer.Request(context.Background(), "")
		requests = append(requests, one)
	}
	tracer.Commit(requests, 500, len(requests)).End(errors.New("write /home/someone: full"))
	s := r.Ended()[0]
	if s.Parent().SpanID() != requests[0].span.SpanContext().SpanID() || len(s.Links()) != maxLinks ||
		s.Links()[0].SpanContext.SpanID() != requests[1].span.SpanContext().SpanID() {
		t.Errorf("parent %v and %d links", s.Parent(), len(s.Links()))
	}
	if strings.Contains(s.Status().Description, "someone") {
		t.Errorf("it says %q", s.Status().Description)
	}
	if tracer.Commit(nil, 1, 1) != nil {
		t.Error("a commit of nothing traced has a span")
	}
}

type failing struct{ *tracetest.NoopExporter }

func (failing) ExportSpans(context.Context, []sdk.ReadOnlySpan) error {
	return errors.New(strings.Repeat("é", 400))
}

func TestFailuresAreLoggedOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := &exporter{failing{}, failures(slog.New(slog.NewTextHandler(&out, nil)))}
		fail := func() {
			if err := e.ExportSpans(t.Context(), make([]sdk.ReadOnlySpan, 5)); err != nil {
				t.Error(err)
			}
		}
		fail()
		time.Sleep(time.Second / 2)
		for range 120 {
			fail()
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if n := strings.Count(out.String(), "traces fail"); n != 3 {
			t.Errorf("%d lines", n)
		}
		if !strings.Contains(out.String(), "spans=5 ") || strings.Count(out.String(), "spans=300 ") != 2 {
			t.Error(out.String())
		}
		if line, _, _ := strings.Cut(out.String(), "\n"); len(line) > maxComplaintSize+200 {
			t.Errorf("a line of %d bytes", len(line))
		}
	})
}

func TestCollectorOf(t *testing.T) {
	t.Parallel()
	const all, own = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	for _, c := range []struct {
		env  map[string]string
		host string
	}{
		{nil, ""},
		{map[string]string{all: "http://a:4318"}, "a:4318"},
		{map[string]string{all: "http://a:4318", own: "https://b/v1/traces"}, "b"},
		{map[string]string{all: "http://a:4318", "OTEL_SDK_DISABLED": "true"}, ""},
		{map[string]string{all: "http://a:4318", "OTEL_TRACES_EXPORTER": "none"}, ""},
	} {
		u, err := collectorOf(func(name string) string { return c.env[name] })
		if err != nil || u == nil != (c.host == "") || u != nil && u.Host != c.host {
			t.Errorf("%v: %v, %v", c.env, u, err)
		}
	}
}

func TestStartWithoutACollectorStartsNothing(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		t.Setenv(name, "")
	}
	if tracer, err := Start(t.Context(), "1", slog.New(slog.DiscardHandler)); tracer != nil || err != nil {
		t.Error(tracer, err)
	}
}
