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
	"strconv"
	"strings"
	"time"

	"brink/store/disk"
)

type purgeCommand struct {
	adminFlags `embed:""`

	URLs   []string `arg:"" optional:"" name:"url" help:"URLs to purge, with all their variants, under both schemes. One that ends in \"*\" is a prefix. \"-\" reads standard input."`
	Tag    []string `help:"Responses that carry a tag." sep:"none"`
	Prefix []string `help:"A host and path, and what is below it." sep:"none"`
	Host   []string `help:"All of a host." sep:"none"`
	Site   []string `help:"All of a site of the conf; with --tag only the tags among its responses." sep:"none"`
	All    bool     `help:"Everything."`
	Soft   bool     `help:"Make it stale, to be served while it is fetched anew or the origin is down, instead of gone."`
	Wait   string   `help:"Until who has applied it: ${enum}." enum:"node,fleet" default:"node"`

	Timeout time.Duration `help:"How long to wait for the fleet, at most 1m." default:"10s"`

	Batch     int    `help:"Items of a call, at most 10000: what a token's burst allows." default:"10000"`
	From      string `help:"File with one item a line: a kind (url, tag, prefix, host, site), a blank, a name." type:"path" placeholder:"FILE"`
	StdinKind string `help:"What a line without a kind names, in standard input and --from: ${enum}." enum:"url,tag,prefix,host,site" default:"url"`
}

// The API takes 10,000 items and 4 MiB a call.
const (
	maxItems = 10_000
	maxBytes = 1 << 20 // of names, before the one more that goes beyond
)

// purgeRequest is the body of a call. Tags that come with sites are those of the
// sites, which are not purged themselves.
type purgeRequest struct {
	URLs     []string `json:"urls,omitempty"`
	Prefixes []string `json:"prefixes,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Hosts    []string `json:"hosts,omitempty"`
	Sites    []string `json:"sites,omitempty"`
	All      bool     `json:"all,omitempty"`
	Soft     bool     `json:"soft,omitempty"`
	Wait     string   `json:"wait,omitempty"`
	Timeout  string   `json:"timeout,omitempty"`
}

// receipt is the answer to a call.
type receipt struct {
	Seq   uint64            `json:"seq"`
	Nodes map[string]string `json:"nodes"` // "applied", or another state

	Warnings []warning `json:"warnings"`
}

// warning is a warning about a purge that is in force.
type warning struct {
	Name    string `json:"name"` // empty: of more than one item
	Message string `json:"message"`
}

func (w warning) String() string { return strings.TrimSpace(w.Name + " " + w.Message) }

func (c purgeCommand) Run() error {
	if c.Batch < 1 || c.Batch > maxItems {
		return fmt.Errorf("--batch %d: 1 to %d are possible", c.Batch, maxItems)
	}
	items, closeItems, err := c.items()
	if err != nil {
		return err
	}
	defer closeItems()
	run := purgeRun{command: c, progress: newProgressLine(), nodes: make(map[string]string)}
	err = run.all(items)
	run.progress.end()
	for _, w := range run.warnings {
		fmt.Fprintf(os.Stderr, "brink: warning: %v\n", w)
	}
	if err != nil && run.purged == 0 {
		return err
	}
	if missing := run.print(os.Stdout); err == nil {
		return missing
	}
	return err
}

// purgeRun sends items in as many calls as they need.
type purgeRun struct {
	command  purgeCommand
	progress *progressLine
	held     [3]purgeBatch // what can go together

	purged      int  // names, as the user gave them
	everything  bool // was purged
	first, last uint64
	nodes       map[string]string
	warnings    []warning
}

// purgeBatch is a call to be.
type purgeBatch struct {
	ask   purgeRequest
	named int // by the user
	items int // as the API counts them
	bytes int
}

// Whole sites and tags never go together, tags of sites only with those.
const (
	plainBatch = iota
	siteBatch
	siteTagBatch
)

func (r *purgeRun) all(items itemReader) error {
	for {
		i, err := items.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := r.add(i); err != nil {
			return err
		}
	}
	for i := range r.held {
		if err := r.call(&r.held[i]); err != nil {
			return err
		}
	}
	return nil
}

// add holds an item, and sends those of its kind that are enough for a call.
func (r *purgeRun) add(i item) error {
	b, weight := &r.held[plainBatch], 1
	switch i.kind {
	case "all":
		b.ask.All = true
	case "url":
		b.ask.URLs = append(b.ask.URLs, i.name)
	case "prefix":
		b.ask.Prefixes = append(b.ask.Prefixes, i.name)
	case "tag":
		b.ask.Tags = append(b.ask.Tags, i.name)
	case "host":
		b.ask.Hosts = append(b.ask.Hosts, i.name)
	case "site":
		b = &r.held[siteBatch]
		b.ask.Sites = append(b.ask.Sites, i.name)
	case "tag of sites":
		b, weight = &r.held[siteTagBatch], len(r.command.Site)
		b.ask.Sites = r.command.Site
		b.ask.Tags = append(b.ask.Tags, i.name)
	}
	b.named++
	b.items += weight
	b.bytes += len(i.name)
	if b.items+weight > r.command.Batch || b.bytes > maxBytes {
		return r.call(b)
	}
	return nil
}

// call purges the items of a batch, and takes the receipt.
func (r *purgeRun) call(b *purgeBatch) error {
	if b.named == 0 {
		return nil
	}
	b.ask.Soft, b.ask.Wait = r.command.Soft, r.command.Wait
	if b.ask.Wait == "fleet" {
		b.ask.Timeout = r.command.Timeout.String()
	}
	body, err := r.send(&b.ask)
	if err != nil {
		return err
	}
	var got receipt
	if err := json.Unmarshal(body, &got); err != nil {
		return fmt.Errorf("read the receipt: %w", err)
	}
	r.take(&got)
	r.purged += b.named
	r.everything = r.everything || b.ask.All
	*b = purgeBatch{}
	r.progress.show(disk.Progress{Step: "purged", Done: int64(r.purged)})
	return nil
}

// send waits as long as the token's rate demands.
func (r *purgeRun) send(ask *purgeRequest) ([]byte, error) {
	for {
		body, err := r.command.call(http.MethodPost, "/v1/purge", nil, ask)
		refused, ok := errors.AsType[*refusal](err)
		if !ok || refused.status != http.StatusTooManyRequests {
			return body, err
		}
		seconds, bad := strconv.ParseUint(refused.retryAfter, 10, 31)
		if bad != nil {
			return nil, err
		}
		r.progress.show(disk.Progress{Step: "waiting for the token's rate, purged", Done: int64(r.purged)})
		time.Sleep(time.Duration(seconds) * time.Second)
	}
}

// take adds a receipt to those before. Of what a node has made of the calls the
// worst counts.
func (r *purgeRun) take(got *receipt) {
	if r.first == 0 {
		r.first = got.Seq
	}
	r.last = got.Seq
	r.warnings = append(r.warnings, got.Warnings...)
	for node, state := range got.Nodes {
		if before := r.nodes[node]; before == "" || before == applied {
			r.nodes[node] = state
		}
	}
}

const applied = "applied"

// errNotApplied is for the exit status: who has not applied it has been printed.
var errNotApplied = errors.New("not applied everywhere yet")

// print prints one receipt for all calls, and says whether everything was
// applied.
func (r *purgeRun) print(w io.Writer) error {
	p := printer{w: w}
	switch {
	case r.everything:
		p.line("purged", "everything")
	case r.purged == 1:
		p.line("purged", "1 name")
	default:
		p.line("purged", "%d names", r.purged)
	}
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
