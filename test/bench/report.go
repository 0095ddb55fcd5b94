package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// medians folds the rounds: the median of each figure per server and case.
func medians(results []result) map[[2]string]result {
	groups := make(map[[2]string][]result)
	for _, r := range results {
		key := [2]string{r.Server, r.Case}
		groups[key] = append(groups[key], r)
	}
	folded := make(map[[2]string]result)
	for key, rs := range groups {
		m := rs[0]
		m.Requests = median(rs, func(r result) float64 { return r.Requests })
		m.CPU = median(rs, func(r result) float64 { return r.CPU })
		folded[key] = m
	}
	return folded
}

func median(rs []result, figure func(result) float64) float64 {
	figures := make([]float64, len(rs))
	for i, r := range rs {
		figures[i] = figure(r)
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// table prints, for each case, every server's figures, how many times as many
// requests brink answers, and how many times its CPU time another one takes for
// a request. Where the load generator is at its limit, as with large bodies, the
// latter tells more.
func table(results []result) string {
	folded := medians(results)
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-12s %-18s %12s %14s %12s %12s\n", "case", "server", "requests/s", "CPU us/request", "x requests", "x CPU")
	for _, w := range workloads {
		ours := "brink"
		if w.disk {
			ours = "brink-disk"
		}
		own, measured := folded[[2]string{ours, w.name}]
		for _, server := range serverNames {
			r, ok := folded[[2]string{server, w.name}]
			if !ok {
				continue
			}
			fmt.Fprintf(&b, "%-12s %-18s %12.0f %14.1f", w.name, server, r.Requests, r.CPU)
			if measured && server != ours {
				fmt.Fprintf(&b, " %12.2f %12.2f", own.Requests/r.Requests, r.CPU/own.CPU)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// write writes the results as JSON and as an SVG plot.
func write(results []result, path string) error {
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(path+".svg", []byte(plot(results)), 0o644); err != nil {
		return err
	}
	fmt.Printf("\nwritten: %[1]s.json %[1]s.svg\n", path)
	return nil
}

var colours = map[string]string{
	"brink": "#0b6e4f", "brink-log": "#6bbf9c", "brink-purged": "#6bbf9c", "nginx": "#5b7db1", "nginx-fields": "#8ea7cc", "varnish": "#b1795b",
	"trafficserver": "#8a6bb1", "floor": "#bbbbbb", "brink-disk": "#0b6e4f", "trafficserver-disk": "#8a6bb1",
}

// plot draws requests a second as bars, each case scaled to its best server.
func plot(results []result) string {
	const barHeight, left, width = 18, 190, 480
	folded := medians(results)
	var b strings.Builder
	y := 40
	for _, w := range workloads {
		best := 0.0
		for _, server := range serverNames {
			best = max(best, folded[[2]string{server, w.name}].Requests)
		}
		if best == 0 {
			continue
		}
		fmt.Fprintf(&b, `<text x="10" y="%d" font-weight="bold">%s</text>`+"\n", y+13, w.name)
		for _, server := range serverNames {
			r, ok := folded[[2]string{server, w.name}]
			if !ok {
				continue
			}
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, left-8, y+13, server)
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/>`, left, y, r.Requests/best*width, barHeight-4, colours[server])
			fmt.Fprintf(&b, `<text x="%.0f" y="%d">%.0f (%.1f us)</text>`+"\n", left+r.Requests/best*width+6, y+12, r.Requests, r.CPU)
			y += barHeight
		}
		y += 14
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="840" height="%d" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="white"/>
<text x="10" y="22" font-size="14">requests a second on one core (CPU per request): hits by size, and misses</text>
%s</svg>
`, y+10, b.String())
}
