package purger

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// Client calls the API of one node. In a fleet any one will do.
type Client struct {
	URL   string // of the admin listener, without a path
	Token string // empty: none is needed
}

// Order is what to purge. The API takes more kinds.
type Order struct {
	Tags []string `json:"tags,omitempty"`
	All  bool     `json:"all,omitempty"`
	Soft bool     `json:"soft,omitempty"` // stale instead of gone
}

var client = http.Client{Timeout: 15 * time.Second}

// Purge returns once the node has put o in force for good. After an error it may
// or may not be in force: to send it again does no harm.
func (c Client) Purge(ctx context.Context, o Order) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+"/v1/purge", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10)) // it only explains the status
		return fmt.Errorf("purge: the node answered %s: %s", resp.Status, text)
	}
	return nil
}

// Flags adds those that say where the node is. The function makes the client once
// they are parsed.
func Flags(f *flag.FlagSet) func() (Client, error) {
	url := f.String("admin", "http://127.0.0.1:9080", "URL of the node's admin listener")
	file := f.String("token-file", "", "file with its token")
	return func() (Client, error) {
		token, err := Secret(*file)
		return Client{URL: strings.TrimSuffix(*url, "/"), Token: token}, err
	}
}

// Secret reads a file without the white space around its text. No name is no
// secret.
func Secret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	return strings.TrimSpace(string(text)), err
}
