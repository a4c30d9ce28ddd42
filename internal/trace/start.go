package trace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	api "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// stopTime bounds how long a collector may take for the last spans.
const stopTime = 3 * time.Second

// Start begins to trace if the environment names a collector, by the variables
// that OpenTelemetry specifies; else it returns nil and starts nothing. It
// doesn't call the collector. Its error names the variable that can't be.
func Start(ctx context.Context, version string, log *slog.Logger) (*Tracer, error) {
	collector, err := collectorOf(os.Getenv)
	if collector == nil || err != nil {
		return nil, err
	}
	// The library's errors about its settings may repeat a key; Postern checks the
	// settings itself.
	api.SetLogger(logr.Discard())
	failed := failures(log)
	api.SetErrorHandler(api.ErrorHandlerFunc(func(err error) { failed.Add(0, cause(err)) }))
	inner, err := otlptracehttp.New(ctx, otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
		Enabled: true, InitialInterval: time.Second, MaxInterval: 5 * time.Second, MaxElapsedTime: 20 * time.Second,
	}))
	if err != nil {
		return nil, fmt.Errorf("make the exporter of traces: %w", err)
	}
	of, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "postern"), attribute.String("service.version", version)),
		resource.WithFromEnv()) // the last word is the environment's
	if err != nil {
		return nil, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdk.NewTracerProvider(sdk.WithResource(of), sdk.WithBatcher(&exporter{inner, failed}))
	log.Info("traces are sent", slog.String("collector", collector.Host))
	return &Tracer{provider: provider, tracer: provider.Tracer("postern")}, nil
}

// Stop sends the spans that are left and ends, within 3 s.
func (t *Tracer) Stop() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // what failed was told of
}

// collectorOf returns the collector that the environment names; nil for none.
func collectorOf(env func(string) string) (*url.URL, error) {
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") || env("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil
	}
	name, value := firstSet(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
	if value == "" {
		return nil, nil
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New(name + " is not an http or https URL; write it as http://127.0.0.1:4318")
	}
	switch name, value := firstSet(env, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); value {
	case "", "http/protobuf", "http/json":
	default:
		return nil, fmt.Errorf("%s is %q; Postern sends traces by http/protobuf or http/json", name, value)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		for header := range strings.SplitSeq(env(name), ",") {
			if strings.TrimSpace(header) != "" && !strings.Contains(header, "=") {
				return nil, errors.New(name + " has a part without =; write it as name=value,name=value")
			}
		}
	}
	return u, nil
}

// firstSet returns the first variable that isn't empty.
func firstSet(env func(string) string, names ...string) (name, value string) {
	for _, name = range names {
		if value = env(name); value != "" {
			break
		}
	}
	return name, value
}
