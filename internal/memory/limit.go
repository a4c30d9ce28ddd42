// Package memory divides the memory that the process may use among the parts
// whose memory grows with their input.
//
// It promises that the parts together stay within the limit of the process's
// cgroup, or of the machine where there is none, for events of any size. It
// doesn't know what the parts use their share for.
package memory

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// unknown is the limit where neither a cgroup nor the kernel reports one.
const unknown = 1 << 30

// Limit returns how many bytes the process may use: the least of the limits
// of its cgroup (version 2 or 1), of all cgroups around that, and of the
// machine's memory.
func Limit() int64 { return limitIn("/") }

// limitIn is Limit on a file system that begins at root.
func limitIn(root string) int64 {
	limit := int64(0)
	take := func(n int64) {
		if n > 0 && (limit == 0 || n < limit) {
			limit = n
		}
	}
	take(machine(filepath.Join(root, "proc/meminfo")))
	groups, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup")) // unreadable: no cgroup
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:path
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		base, file := "sys/fs/cgroup", "memory.max"
		if parts[1] != "" {
			if parts[1] != "memory" {
				continue
			}
			base, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		for path := filepath.Clean("/" + parts[2]); ; path = filepath.Dir(path) {
			take(number(filepath.Join(root, base, path, file)))
			if path == "/" {
				break
			}
		}
	}
	if limit == 0 {
		return unknown
	}
	return limit
}

// machine reads the machine's memory; zero where that can't be read.
func machine(file string) int64 {
	content, _ := os.ReadFile(file)
	for line := range strings.Lines(string(content)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// number reads a file that holds one number; zero for "max" or no number.
func number(file string) int64 {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	return n
}
