package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Histogram counts observations by size. Its methods are safe for concurrent
// use, and Observe neither waits nor allocates.
type Histogram struct {
	name, help string
	histogram  prometheus.Histogram
}

// NewHistogram returns a histogram with the buckets' upper bounds, which are
// included, in rising order.
func NewHistogram(name, help string, bounds ...float64) *Histogram {
	return &Histogram{name, help, prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: bounds})}
}

// NewDurations is NewHistogram for durations, which Prometheus has in seconds.
func NewDurations(name, help string, bounds ...time.Duration) *Histogram {
	seconds := make([]float64, len(bounds))
	for i, d := range bounds {
		seconds[i] = d.Seconds()
	}
	return NewHistogram(name, help, seconds...)
}

// Observe counts one observation.
func (h *Histogram) Observe(v float64) { h.histogram.Observe(v) }

// ObserveDuration counts one observation of a histogram of durations.
func (h *Histogram) ObserveDuration(d time.Duration) { h.histogram.Observe(d.Seconds()) }

// Count returns the number of observations.
func (h *Histogram) Count() uint64 { return h.read().GetHistogram().GetSampleCount() }

// Sum returns the sum of the observations: of durations, in seconds.
func (h *Histogram) Sum() float64 { return h.read().GetHistogram().GetSampleSum() }

// read returns the counts as they are now.
func (h *Histogram) read() *dto.Metric {
	m := new(dto.Metric)
	// A histogram without labels and exemplars can always be written.
	_ = h.histogram.Write(m)
	return m
}
