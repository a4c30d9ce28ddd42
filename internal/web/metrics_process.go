package web

import (
	"os"
	"runtime/metrics"
	"syscall"
	"time"
)

// started is when the process began, as near as it matters.
var started = time.Now()

// processMetrics writes what Go and the system say of the process, under the
// names that other programs use.
func processMetrics(m *metricsText) {
	samples := []metrics.Sample{
		{Name: "/sched/goroutines:goroutines"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/sched/gomaxprocs:threads"},
	}
	metrics.Read(samples)
	for i, family := range []struct{ name, kind, help string }{
		{"go_goroutines", "gauge", "Goroutines that exist."},
		{"go_memory_classes_heap_objects_bytes", "gauge", "Memory of objects, live or not yet collected."},
		{"go_memory_classes_total_bytes", "gauge", "All memory that the Go runtime has mapped."},
		{"go_gc_cycles_total_gc_cycles_total", "counter", "Garbage collections that were completed."},
		{"go_sched_gomaxprocs_threads", "gauge", "Threads that run Go code at once, at most."},
	} {
		if samples[i].Value.Kind() == metrics.KindUint64 {
			m.family(family.name, family.kind, family.help).value(float64(samples[i].Value.Uint64()))
		}
	}
	m.gauge("process_start_time_seconds", "When the process began, in Unix time.").value(float64(started.UnixMilli()) / 1000)
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		spent := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		m.counter("process_cpu_seconds_total", "Processor time of the process and the system for it.").value(spent.Seconds())
	}
	// Where there is no /proc, this one is left out.
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		m.gauge("process_open_fds", "File descriptors that are open.").value(float64(len(open)))
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		m.gauge("process_max_fds", "File descriptors that may be open.").value(float64(limit.Cur))
	}
}
