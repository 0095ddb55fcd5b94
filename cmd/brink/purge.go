package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"

	"brink/store/disk"
)

type purgeCommand struct {
	adminFlags `embed:""`

	URLs   []string `arg:"" optional:"" name:"url" help:"URLs to purge, with all their variants, under both schemes. \"-\" reads standard input."`
	Tag    []string `help:"Responses that carry a tag." sep:"none"`
	Prefix []string `help:"A host and path, and what is below it." sep:"none"`
	Host   []string `help:"All of a host." sep:"none"`
	Site   []string `help:"All of a site of the conf." sep:"none"`
	All    bool     `help:"Everything."`
	Soft   bool     `help:"Make it stale, to be served while it is fetched anew or the origin is down, instead of gone."`
	Wait   string   `help:"Until who has applied it: ${enum}." enum:"node,fleet" default:"node"`

	From      string `help:"File with one item a line: a kind (url, tag, prefix, host, site), a blank, a name." type:"path" placeholder:"FILE"`
	StdinKind string `help:"What a line without a kind names, in standard input and --from: ${enum}." enum:"url,tag,prefix,host,site" default:"url"`
}

// maxItems is how many items the API takes a call.
const maxItems = 10_000

// purgeRequest is the body of a call.
type purgeRequest struct {
	URLs     []string `json:"urls,omitempty"`
	Prefixes []string `json:"prefixes,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Hosts    []string `json:"hosts,omitempty"`
	Sites    []string `json:"sites,omitempty"`
	All      bool     `json:"all,omitempty"`
	Soft     bool     `json:"soft,omitempty"`
	Wait     string   `json:"wait,omitempty"`
}

// receipt is the answer to a call.
type receipt struct {
	Seq   uint64            `json:"seq"`
	Nodes map[string]string `json:"nodes"` // "applied", or what else has become of it there
}

func (c purgeCommand) Run() error {
	items, closeItems, err := c.items()
	if err != nil {
		return err
	}
	defer closeItems()
	run := purgeRun{command: c, progress: newProgressLine(), nodes: make(map[string]string)}
	if run.ask.All = c.All; c.All {
		run.held++
	}
	err = run.all(items)
	run.progress.end()
	if missing := run.print(os.Stdout); err == nil {
		return missing
	}
	return err
}

// purgeRun sends items in as many calls as they need.
type purgeRun struct {
	command  purgeCommand
	progress *progressLine
	ask      purgeRequest // the next call
	held     int          // items in it

	purged      int
	first, last uint64
	nodes       map[string]string
}

func (r *purgeRun) all(items itemReader) error {
	for {
		i, err := items.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		r.ask.add(i)
		if r.held++; r.held == maxItems {
			if err := r.call(); err != nil {
				return err
			}
		}
	}
	if r.held == 0 {
		return nil
	}
	return r.call()
}

func (p *purgeRequest) add(i item) {
	list := map[string]*[]string{
		"url": &p.URLs, "prefix": &p.Prefixes, "tag": &p.Tags, "host": &p.Hosts, "site": &p.Sites,
	}[i.kind]
	*list = append(*list, i.name)
}

// call purges what is held, and takes the receipt.
func (r *purgeRun) call() error {
	r.ask.Soft, r.ask.Wait = r.command.Soft, r.command.Wait
	body, err := r.command.call(http.MethodPost, "/v1/purge", nil, r.ask)
	if err != nil {
		return err
	}
	var got receipt
	if err := json.Unmarshal(body, &got); err != nil {
		return fmt.Errorf("read the receipt: %w", err)
	}
	if r.first == 0 {
		r.first = got.Seq
	}
	r.last = got.Seq
	for node, state := range got.Nodes {
		if before := r.nodes[node]; before == "" || before == applied {
			r.nodes[node] = state
		}
	}
	r.purged += r.held
	r.ask, r.held = purgeRequest{}, 0
	r.progress.show(disk.Progress{Step: "purged", Done: int64(r.purged)})
	return nil
}

const applied = "applied"

// errNotApplied is for the exit status: who has not applied it has been printed.
var errNotApplied = errors.New("not applied everywhere yet")

// print prints one receipt for all calls, and says whether everything was
// applied.
func (r *purgeRun) print(w io.Writer) error {
	p := printer{w: w}
	p.line("purged", "%d items", r.purged)
	if r.purged == 0 {
		return p.err
	}
	if r.first == r.last {
		p.line("seq", "%d", r.first)
	} else {
		p.line("seq", "%d to %d", r.first, r.last)
	}
	missing := len(r.nodes) == 0
	for _, node := range slices.Sorted(maps.Keys(r.nodes)) {
		p.line("node", "%s %s", node, r.nodes[node])
		missing = missing || r.nodes[node] != applied
	}
	if p.err == nil && missing {
		return errNotApplied
	}
	return p.err
}
