package web

import (
	"os"
	runtimemetrics "runtime/metrics"
	"syscall"
	"time"

	"postern/internal/metrics"
)

// started is the approximate start of the process.
var started = time.Now()

// processMetrics writes the metrics of Go and of the process under their usual
// names. It doesn't use the collectors of the Prometheus client, which have thirty
// more metrics that docs/metrics.md doesn't describe.
func processMetrics(m *metrics.Text) {
	samples := []runtimemetrics.Sample{
		{Name: "/sched/goroutines:goroutines"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/sched/gomaxprocs:threads"},
	}
	runtimemetrics.Read(samples)
	for i, family := range []struct {
		begin      func(name, help string) *metrics.Text
		name, help string
	}{
		{m.Gauge, "go_goroutines", "Goroutines that exist."},
		{m.Gauge, "go_memory_classes_heap_objects_bytes", "Memory of objects, live or not yet collected."},
		{m.Gauge, "go_memory_classes_total_bytes", "All memory that the Go runtime has mapped."},
		{m.Counter, "go_gc_cycles_total_gc_cycles_total", "Garbage collections that were completed."},
		{m.Gauge, "go_sched_gomaxprocs_threads", "Threads that run Go code at once, at most."},
	} {
		if samples[i].Value.Kind() == runtimemetrics.KindUint64 {
			family.begin(family.name, family.help).Value(float64(samples[i].Value.Uint64()))
		}
	}
	m.Gauge("process_start_time_seconds", "When the process began, in Unix time.").Value(float64(started.UnixMilli()) / 1000)
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		spent := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		m.Counter("process_cpu_seconds_total", "Processor time of the process and the system for it.").Value(spent.Seconds())
	}
	// Without /proc, this metric is left out.
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		m.Gauge("process_open_fds", "File descriptors that are open.").Value(float64(len(open)))
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		m.Gauge("process_max_fds", "File descriptors that may be open.").Value(float64(limit.Cur))
	}
}
