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
	Tag    []string `help:"Purge the responses with a tag." sep:"none"`
	Prefix []string `help:"Purge a host and path, and everything below it." sep:"none"`
	Host   []string `help:"Purge everything of a host." sep:"none"`
	Site   []string `help:"Purge everything of a site of the conf; with --tag only its responses with the tag." sep:"none"`
	All    bool     `help:"Purge everything."`
	Soft   bool     `help:"Make responses stale instead of deleting them. They may still be served while the origin is asked, or is down."`
	Wait   string   `help:"Wait until this node or the whole fleet has applied the purge: ${enum}." enum:"node,fleet" default:"node"`

	Timeout time.Duration `help:"How long to wait for the fleet, at most 1m." default:"10s"`

	Batch     int    `help:"Items in one call, at most 10000. A token with a rate takes no more in one call than its burst." default:"10000"`
	From      string `help:"File with one item a line: a kind (url, tag, prefix, host, site), a blank, a name." type:"path" placeholder:"FILE"`
	StdinKind string `help:"Kind of the lines that have none, in standard input and --from: ${enum}." enum:"url,tag,prefix,host,site" default:"url"`
}

// The API takes up to 10,000 items and 4 MiB in a call.
const (
	maxItems = 10_000
	maxBytes = 1 << 20 // of names in a call, which ends with the name that exceeds it
)

// purgeRequest is the body of a call. If it has tags, its sites only say whose tags these are,
// and are not purged themselves.
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
	Name    string `json:"name"` // empty: about several items
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
	batches  [3]purgeBatch // by what can go in one call

	purged      int  // names, as the user gave them
	everything  bool // --all was purged
	first, last uint64
	nodes       map[string]string
	warnings    []warning
}

// purgeBatch is a call that is being filled.
type purgeBatch struct {
	ask   purgeRequest
	named int // names that the user gave
	items int // as the API counts them
	bytes int // of names
}

// A call with sites and tags purges only the tags of the sites. So whole sites, tags of sites,
// and everything else go in separate calls.
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
	for i := range r.batches {
		if err := r.call(&r.batches[i]); err != nil {
			return err
		}
	}
	return nil
}

// add adds an item to its batch, and sends the batch if it is full.
func (r *purgeRun) add(i item) error {
	b, weight := &r.batches[plainBatch], 1
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
		b = &r.batches[siteBatch]
		b.ask.Sites = append(b.ask.Sites, i.name)
	case "tag of sites":
		b, weight = &r.batches[siteTagBatch], len(r.command.Site)
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

// call purges the items of a batch, and adds the receipt to the others.
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
	var answer receipt
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("read the receipt: %w", err)
	}
	r.addReceipt(&answer)
	r.purged += b.named
	r.everything = r.everything || b.ask.All
	*b = purgeBatch{}
	r.progress.show(disk.Progress{Step: "purged", Done: int64(r.purged)})
	return nil
}

// send sends a call. If the token has used up its rate, it waits as long as the node says, and
// sends the call again.
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

// addReceipt adds a receipt to the earlier ones. If a node has not applied one of the calls,
// the state of that call is the node's.
func (r *purgeRun) addReceipt(answer *receipt) {
	if r.first == 0 {
		r.first = answer.Seq
	}
	r.last = answer.Seq
	r.warnings = append(r.warnings, answer.Warnings...)
	for node, state := range answer.Nodes {
		if before := r.nodes[node]; before == "" || before == applied {
			r.nodes[node] = state
		}
	}
}

const applied = "applied"

// errNotApplied sets the exit status. The nodes have been printed.
var errNotApplied = errors.New("not applied everywhere yet")

// print prints one receipt for all calls. It returns errNotApplied if a node has not applied
// one of them.
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
