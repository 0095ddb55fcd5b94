package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// result is a server's share of the second half of a trace.
type result struct {
	Trace    string  `json:"trace"`
	Server   string  `json:"server"`
	Memory   int64   `json:"memory_budget"`
	Disk     int64   `json:"disk_budget"`
	Most     int64   `json:"disk_most"` // that its folder ever took
	Requests float64 `json:"request_hit_ratio"`
	Bytes    float64 `json:"byte_hit_ratio"`
	Seconds  float64 `json:"seconds"`
}

// table is in Markdown.
func table(results []result) string {
	var b strings.Builder
	b.WriteString("| trace | server | RAM | disk | largest size on disk | request hits | byte hits |\n|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %.1f %% | %.1f %% |\n",
			r.Trace, r.Server, mebibytes(r.Memory), mebibytes(r.Disk), mebibytes(r.Most), 100*r.Requests, 100*r.Bytes)
	}
	return b.String()
}

func mebibytes(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

func write(results []result, dir string) error {
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "hitratio.json"), append(text, '\n'), 0o644)
}
