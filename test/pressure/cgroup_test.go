package pressure

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// cgroup is a limit of memory.
type cgroup struct {
	folder string
	kills  string // the file that has oom_kill
}

// limited makes a cgroup. If it cannot, the row is skipped.
func limited(r *row, limit size) *cgroup {
	r.Helper()
	if os.Getuid() != 0 {
		r.Skipf("only root may limit the memory of a process")
	}
	g, file := &cgroup{kills: "memory.oom_control"}, "memory.limit_in_bytes" // version 1
	root := "/sys/fs/cgroup/memory"
	if _, err := os.Stat(filepath.Join(root, file)); err != nil {
		root, file, g.kills = "/sys/fs/cgroup", "memory.max", "memory.events"
	}
	g.folder = filepath.Join(root, fmt.Sprintf("brink-pressure-%d-%d", os.Getpid(), serial.Add(1)))
	if err := os.Mkdir(g.folder, 0o755); err != nil {
		r.Skipf("memory cannot be limited here: %v", err)
	}
	r.Cleanup(func() {
		// It is not empty before the kernel has buried the process.
		for range 100 {
			if os.Remove(g.folder) == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		r.Logf("%s is left", g.folder)
	})
	if err := os.WriteFile(filepath.Join(g.folder, file), []byte(strconv.Itoa(int(limit))), 0o600); err != nil {
		r.Skipf("memory cannot be limited here: %v", err)
	}
	return g
}

// through is the command that runs a process in the cgroup.
func (g *cgroup) through() []string {
	return []string{"sh", "-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(g.folder, "cgroup.procs")}
}

// killed returns how many processes the kernel has killed for want of memory.
func (g *cgroup) killed(r *row) int {
	r.Helper()
	text, err := os.ReadFile(filepath.Join(g.folder, g.kills))
	if err != nil {
		r.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if word, n, _ := strings.Cut(strings.TrimSpace(line), " "); word == "oom_kill" {
			kills, err := strconv.Atoi(n)
			if err != nil {
				r.Fatal(err)
			}
			return kills
		}
	}
	r.Skipf("%s does not say what was killed", g.kills)
	return 0
}

// A node with a full cache survives unfinished heads within the limit of its cgroup.
func TestHalfHeadsInCgroup(t *testing.T) {
	for _, h := range halfHeads {
		t.Run(h.name, func(t *testing.T) {
			clients, budget := of(3000, 15_000), of[size](64<<20, defaultBudget)
			limit := of[size](232<<20, 512<<20)
			r := begin(t, "half-heads-cgroup", fmt.Sprintf("cgroup of %v, full cache, %d half heads of %s", limit, clients, h.name))
			g := limited(r, limit)
			n := start(r, startOrigin(r, nil), settings{store: memory(budget), budget: budget, through: g.through()})
			n.fill(r, budget+budget/6)
			w := n.watch(r, others)
			c := gather(r, headsOf(n, clients, h.length))
			c.assemble(r)
			time.Sleep(duringSpan())
			most(r, "processes killed", count(g.killed(r)), 0)
			w.judge(r)
			r.attackers(c)
			n.recovers(r)
		})
	}
}

// memory is the setting of a budget.
func memory(budget size) string { return fmt.Sprintf("memory = \"%d\"", budget) }

// fillLength is the length of the pages that a cache is filled with.
const fillLength = 16 << 10

// fill asks for new pages until that many bytes have arrived. It asks for the probe's
// pages first, as a full cache is slow to admit new ones.
func (n *subject) fill(r *row, total size) {
	r.Helper()
	n.warm(r)
	const clients = 4
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() {
			client := http.Client{Timeout: patience, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for k := range int(total) / fillLength / clients {
				if err := fetch(&client, n.URL(fmt.Sprintf("/fill/%d/%d", i, k))); err != nil {
					r.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
}

// fetch asks for a page of the fill.
func fetch(client *http.Client, url string) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	k, err := io.Copy(io.Discard, resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || k != fillLength) {
		err = fmt.Errorf("%s: status %d, %d bytes", url, resp.StatusCode, k)
	}
	return err
}
