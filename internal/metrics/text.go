package metrics

import (
	"bytes"
	"fmt"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// TextType is the content type of a Text.
const TextType = "text/plain; version=0.0.4; charset=utf-8"

// Text gathers the metrics of one answer. The zero value is empty.
type Text struct{ families []*dto.MetricFamily }

// Counter begins a metric that only rises.
func (t *Text) Counter(name, help string) *Text { return t.begin(name, help, dto.MetricType_COUNTER) }

// Gauge begins a metric that rises and falls.
func (t *Text) Gauge(name, help string) *Text { return t.begin(name, help, dto.MetricType_GAUGE) }

// Histogram adds a histogram as it is now.
func (t *Text) Histogram(h *Histogram) {
	t.begin(h.name, h.help, dto.MetricType_HISTOGRAM).sample(h.read())
}

// Value adds a sample, with label names and values in turn, to the counter or
// gauge that was begun last.
func (t *Text) Value(v float64, labels ...string) {
	m := new(dto.Metric)
	for i := 0; i < len(labels); i += 2 {
		m.Label = append(m.Label, &dto.LabelPair{Name: &labels[i], Value: &labels[i+1]})
	}
	if t.newest().GetType() == dto.MetricType_COUNTER {
		m.Counter = &dto.Counter{Value: &v}
	} else {
		m.Gauge = &dto.Gauge{Value: &v}
	}
	t.sample(m)
}

func (t *Text) begin(name, help string, kind dto.MetricType) *Text {
	t.families = append(t.families, &dto.MetricFamily{Name: &name, Help: &help, Type: &kind})
	return t
}

func (t *Text) newest() *dto.MetricFamily { return t.families[len(t.families)-1] }

func (t *Text) sample(m *dto.Metric) { t.newest().Metric = append(t.newest().Metric, m) }

// Bytes returns the text. A metric without samples is left out.
func (t *Text) Bytes() ([]byte, error) {
	var b bytes.Buffer
	for _, f := range t.families {
		if len(f.Metric) == 0 {
			continue
		}
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return nil, fmt.Errorf("write metric %s: %w", f.GetName(), err)
		}
	}
	return b.Bytes(), nil
}
