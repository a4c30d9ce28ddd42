// Package trace follows events from the request that brought them to the
// receivers that got them, in OpenTelemetry's spans. It owns what is known of
// a trace between those two, in bounded memory, and the export to a collector,
// which may fail and be slow without anybody waiting for it.
//
// It is off unless the environment names a collector: Start returns a nil
// Tracer then, whose methods do nothing. Spans have counts, statuses, classes,
// webhooks' ids and hosts; never a name, a URL or what is in an event.
package trace

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"
)

// Header is the W3C header that names a trace and a span in it.
const Header = "Traceparent"

// maxLinks bounds the requests that a commit's span names.
const maxLinks = 100

// Tracer makes spans. Its methods, and those of what they return, are safe on
// nil, which is a Tracer that is off.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   otel.Tracer
	origins  origins
}

// Request is an ingest request under way; nil where nothing is traced.
type Request struct{ span otel.Span }

type requestKey struct{}

// Request begins the span of an ingest request, as a child of what its
// traceparent names if that is one. The context leads RequestOf to it.
func (t *Tracer) Request(ctx context.Context, traceparent string) (context.Context, *Request) {
	if t == nil {
		return ctx, nil
	}
	parent := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent})
	_, span := t.tracer.Start(parent, "POST /api/v1/events", otel.WithSpanKind(otel.SpanKindServer), otel.WithAttributes(
		attribute.String("http.request.method", "POST"), attribute.String("http.route", "/api/v1/events")))
	r := &Request{span}
	return context.WithValue(ctx, requestKey{}, r), r
}

// RequestOf returns the request that a context belongs to; nil for none.
func RequestOf(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

// Brings notes how many events the request has.
func (r *Request) Brings(events int) {
	if r != nil {
		r.span.SetAttributes(attribute.Int("postern.events", events))
	}
}

// End ends the request's span with the status of the answer.
func (r *Request) End(status int) {
	if r == nil {
		return
	}
	r.span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= 500 {
		r.span.SetStatus(codes.Error, "")
	}
	r.span.End()
}

// Commit is a commit group under way; nil where nothing is traced.
type Commit struct{ span otel.Span }

// Commit begins the span of a commit group of some events in some batches. It
// is a child of the first of the requests whose trace is recorded, and names
// the others by links: many traces share one commit.
func (t *Tracer) Commit(requests []*Request, events, batches int) *Commit {
	if t == nil {
		return nil
	}
	var first otel.Span
	var links []otel.Link
	for _, r := range requests {
		switch {
		case !r.span.IsRecording():
		case first == nil:
			first = r.span
		case len(links) < maxLinks:
			links = append(links, otel.Link{SpanContext: r.span.SpanContext()})
		}
	}
	if first == nil {
		return nil
	}
	_, span := t.tracer.Start(otel.ContextWithSpan(context.Background(), first), "commit", otel.WithLinks(links...), otel.WithAttributes(
		attribute.Int("postern.events", events), attribute.Int("postern.batches", batches)))
	return &Commit{span}
}

// End ends the commit's span.
func (c *Commit) End(err error) {
	if c == nil {
		return
	}
	if err != nil {
		c.span.SetStatus(codes.Error, "not kept") // what the error says may name files
	}
	c.span.End()
}

// Remember keeps which request brought the events of a range of numbers,
// for their deliveries. Ranges are remembered in rising order.
func (t *Tracer) Remember(r *Request, first, last int64) {
	if t != nil && r != nil {
		t.origins.put(first, last, r.span.SpanContext())
	}
}

// Delivery is what is told of an attempt before it is made.
type Delivery struct {
	Seq     int64  // the event's number
	Webhook string // its id
	Host    string // that is called
	Attempt int    // from 1
	Again   bool   // a person asked for it again
}

// Attempt is an attempt under way; nil where nothing is traced.
type Attempt struct{ span otel.Span }

// Attempt begins the span of an attempt, as a child of the request that
// brought the event. It returns nil where that isn't known. A
// resent or replayed event gets a trace of its own, with a link to that request
// if known.
func (t *Tracer) Attempt(d Delivery) *Attempt {
	if t == nil {
		return nil
	}
	origin, known := t.origins.of(d.Seq)
	ctx := context.Background()
	var links []otel.Link
	switch {
	case d.Again && known:
		links = []otel.Link{{SpanContext: origin}}
	case known:
		ctx = otel.ContextWithSpanContext(ctx, origin)
	case !d.Again:
		return nil
	}
	_, span := t.tracer.Start(ctx, "deliver", otel.WithSpanKind(otel.SpanKindClient), otel.WithLinks(links...), otel.WithAttributes(
		attribute.String("postern.webhook.id", d.Webhook), attribute.String("server.address", d.Host),
		attribute.String("http.request.method", "POST"), attribute.Int("postern.try", d.Attempt)))
	return &Attempt{span}
}

// Traceparent is the header that goes out with the attempt; empty for none.
func (a *Attempt) Traceparent() string {
	if a == nil {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(otel.ContextWithSpanContext(context.Background(),
		a.span.SpanContext().WithTraceState(otel.TraceState{})), carrier)
	return carrier["traceparent"]
}

// End ends the attempt's span with the status of the answer, zero for none,
// and the class of its failure, empty for none.
func (a *Attempt) End(status int, class string) {
	if a == nil {
		return
	}
	if status != 0 {
		a.span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if class != "" {
		a.span.SetAttributes(attribute.String("error.type", class))
		a.span.SetStatus(codes.Error, class)
	}
	a.span.End()
}
