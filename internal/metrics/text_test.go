package metrics

import "testing"

func TestText_is_in_the_format_and_order(t *testing.T) {
	h := NewHistogram("sizes", "Sizes.", 1, 2.5)
	h.Observe(2)
	h.Observe(3)
	var m Text
	m.Counter("b_total", "Second by name.").Value(3, "z", `a "quoted" one`, "a", "x")
	m.Gauge("a_state", "First by name.")
	m.Value(1, "state", "on")
	m.Value(0.5, "state", "off")
	m.Gauge("none", "Nothing to tell.")
	m.Histogram(h)
	got, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	want := `# HELP b_total Second by name.
# TYPE b_total counter
b_total{z="a \"quoted\" one",a="x"} 3
# HELP a_state First by name.
# TYPE a_state gauge
a_state{state="on"} 1
a_state{state="off"} 0.5
# HELP sizes Sizes.
# TYPE sizes histogram
sizes_bucket{le="1"} 0
sizes_bucket{le="2.5"} 1
sizes_bucket{le="+Inf"} 2
sizes_sum 5
sizes_count 2
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
