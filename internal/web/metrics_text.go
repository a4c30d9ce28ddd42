package web

import (
	"strconv"

	"postern/internal/measure"
)

// metricsType is the content type of the Prometheus text format.
const metricsType = "text/plain; version=0.0.4; charset=utf-8"

// metricsText writes the Prometheus text format. Label values are ids and
// words of Postern's own, in which nothing needs escaping but what
// strconv.Quote escapes the same way.
type metricsText struct {
	b    []byte
	name string // of the family that is being written
}

// family begins a metric: what follows are its samples.
func (m *metricsText) family(name, kind, help string) *metricsText {
	m.name = name
	m.b = append(m.b, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+kind+"\n"...)
	return m
}

func (m *metricsText) counter(name, help string) *metricsText { return m.family(name, "counter", help) }
func (m *metricsText) gauge(name, help string) *metricsText   { return m.family(name, "gauge", help) }

// value writes a sample with label names and values in turn.
func (m *metricsText) value(v float64, labels ...string) { m.sample("", v, labels...) }

func (m *metricsText) sample(suffix string, v float64, labels ...string) {
	m.b = append(append(m.b, m.name...), suffix...)
	for i := 0; i < len(labels); i += 2 {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		m.b = append(append(append(m.b, separator), labels[i]...), '=')
		m.b = strconv.AppendQuote(m.b, labels[i+1])
	}
	if len(labels) > 0 {
		m.b = append(m.b, '}')
	}
	m.b = strconv.AppendFloat(append(m.b, ' '), v, 'g', -1, 64)
	m.b = append(m.b, '\n')
}

// histogram writes a histogram whose observations are unit times as large as
// the metric's base unit.
func (m *metricsText) histogram(name, help string, s measure.Snapshot, unit float64) {
	m.family(name, "histogram", help)
	var n uint64
	for i, bound := range s.Bounds {
		n += s.Counts[i]
		m.sample("_bucket", float64(n), "le", strconv.FormatFloat(float64(bound)/unit, 'g', -1, 64))
	}
	m.sample("_bucket", float64(s.Count()), "le", "+Inf")
	m.sample("_sum", float64(s.Sum)/unit)
	m.sample("_count", float64(s.Count()))
}
