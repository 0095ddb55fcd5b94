package linear

import (
	"bytes"
	"context"
	"encoding/json"
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
	order := map[string]any{}
	for _, item := range items {
		list, _ := order[lists[item.Kind]].([]string)
		order[lists[item.Kind]] = append(list, item.Name)
		if item.Kind == purge.SiteTag {
			order["sites"] = []string{item.Site}
		}
	}
	body, err := json.Marshal(order)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+k.node.Admin+"/v1/purge", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		k.t.Errorf("purge: %s %s", resp.Status, text)
		err = fmt.Errorf("%s", resp.Status)
	}
	return err
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
