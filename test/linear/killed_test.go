package linear

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"brink/purge"
	"brink/test/brinktest"
)

// killed is the real binary, which is purged by its API and killed every second
// time that it is ended.
type killed struct {
	t    *testing.T
	node *brinktest.Node
}

func (k *killed) base() string { return "http://" + k.node.Address }

// lists are what the API calls the kinds of purges.
var lists = map[purge.Kind]string{
	purge.URL: "urls", purge.Prefix: "prefixes", purge.Tag: "tags", purge.SiteTag: "tags", purge.Host: "hosts",
}

func (k *killed) purge(ctx context.Context, items []purge.Item) error {
	_, err := order(ctx, k.node, items, "node")
	if errors.Is(err, errAnswered) { // another may be that there is no node now
		k.t.Error(err)
	}
	return err
}

// errAnswered: a node has answered that it does not purge.
var errAnswered = errors.New("not purged")

// receipt is the answer to an order.
type receipt struct {
	Nodes map[string]string `json:"nodes"`
}

// order purges by the API of a node.
func order(ctx context.Context, n *brinktest.Node, items []purge.Item, wait string) (got receipt, err error) {
	all := map[string]any{"wait": wait}
	for _, item := range items {
		list, _ := all[lists[item.Kind]].([]string)
		all[lists[item.Kind]] = append(list, item.Name)
		if item.Kind == purge.SiteTag {
			all["sites"] = []string{item.Site}
		}
	}
	body, err := json.Marshal(all)
	if err != nil {
		return got, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+n.Admin+"/v1/purge", bytes.NewReader(body))
	if err != nil {
		return got, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return got, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%w: %s %s", errAnswered, resp.Status, text)
	}
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	return got, err
}

func (k *killed) end(clean bool) error {
	k.node.Restart(k.t, !clean)
	return nil
}

// TestKilled is the promise of the binary, killed and restarted meanwhile: no purge
// that was answered is lost.
func TestKilled(t *testing.T) {
	for i := range *seeds {
		t.Run(fmt.Sprint("seed ", *seed+uint64(i)), func(t *testing.T) {
			w := newWorld(t)
			w.subject = &killed{t, brinktest.Start(t, "$LISTEN\n$ADMIN\n"+nodeConf(w.origin.URL, "cache"))}
			w.run(t, *seed+uint64(i))
		})
	}
}
