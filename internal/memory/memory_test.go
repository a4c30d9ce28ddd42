package memory

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing to read": {nil, unknown},
		"machine alone":   {map[string]string{"proc/meminfo": "MemFree: 1 kB\nMemTotal:       2048 kB\n"}, 2048 << 10},
		"cgroup 2": {map[string]string{
			"proc/meminfo": "MemTotal: 99999999 kB\n", "proc/self/cgroup": "0::/system.slice/postern.service\n",
			"sys/fs/cgroup/system.slice/postern.service/memory.max": "536870912\n",
		}, 512 << 20},
		"the slice around it is smaller": {map[string]string{
			"proc/self/cgroup": "0::/system.slice/postern.service\n",
			"sys/fs/cgroup/system.slice/postern.service/memory.max": "max\n",
			"sys/fs/cgroup/system.slice/memory.max":                 "268435456\n",
		}, 256 << 20},
		"a container sees its own cgroup as the root": {map[string]string{
			"proc/meminfo": "MemTotal: 99999999 kB\n", "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n",
		}, 1 << 30},
		"cgroup 1": {map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/docker/x\n", "sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": "134217728\n",
		}, 128 << 20},
		"cgroup 1 without a limit": {map[string]string{
			"proc/meminfo": "MemTotal: 1024 kB\n", "proc/self/cgroup": "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 1 << 20},
		"nonsense": {map[string]string{"proc/meminfo": "MemTotal: much\n", "proc/self/cgroup": "::\nx\n0::/../..\n"}, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for file, content := range tc.files {
				at := filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := limitIn(root); got != tc.want {
				t.Errorf("the limit is %d, want %d", got, tc.want)
			}
		})
	}
	if got := Limit(); got < 16<<20 {
		t.Errorf("this machine's limit is %d", got)
	}
}

func TestPlanFor_fits_its_limit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{512 << 20, 1 << 30, 24 << 30, 1 << 40} {
		p := PlanFor(limit)
		if sum := p.Ring + p.Bodies + p.Answers + int64(p.Connections)*connectionBytes; sum > limit*55/100 {
			t.Errorf("of %d the parts take %d", limit, sum)
		}
		if p.Page > p.Answers || p.Read > p.Page || p.Go >= limit {
			t.Errorf("of %d: %+v", limit, p)
		}
	}
}

func TestBudget_is_never_exceeded(t *testing.T) {
	t.Parallel()
	b := NewBudget(1000)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 2000 {
				if b.Take(300) {
					if used := b.Used(); used > 1000+8*300 {
						t.Errorf("%d of 1000 bytes are taken", used)
					}
					b.Give(300)
				}
			}
		})
	}
	all.Wait()
	if b.Used() != 0 {
		t.Errorf("%d bytes are taken in the end", b.Used())
	}
	if !b.Take(1000) || b.Take(1) || b.Refused() == 0 {
		t.Error("the budget isn't what it was made for")
	}
	var none *Budget
	if !none.Take(1 << 40) {
		t.Error("a nil budget has a bound")
	}
	none.Give(1 << 40)
}
