package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// adminFlags say how to reach the admin listener of a running node.
type adminFlags struct {
	Admin     string `help:"Address of the node's admin listener." default:"127.0.0.1:9080" env:"BRINK_ADMIN"`
	TokenFile string `help:"File with the admin token." type:"path" env:"BRINK_TOKEN_FILE"`
}

// call sends one request to the admin listener, with content as JSON unless it is nil. It
// returns the body of a 200 or 202. Any other answer is a *refusal.
func (a adminFlags) call(method, path string, query url.Values, content any) ([]byte, error) {
	req, err := a.request(method, path, query, content)
	if err != nil {
		return nil, err
	}
	if a.TokenFile != "" {
		token, err := os.ReadFile(a.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("read the token: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	client := http.Client{Timeout: 2 * time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the node at %s: %w (is it running? --admin says where)", a.Admin, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read the node's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusAccepted {
		return nil, &refusal{resp.StatusCode, resp.Header.Get("Retry-After"), refusalText(resp.Status, body)}
	}
	return body, nil
}

// refusalText renders an error of the API as text: the message, the part of the conf that it
// is about, and a hint.
func refusalText(status string, body []byte) string {
	var answer struct {
		Error  struct{ Message, Hint string }
		Errors []struct {
			File, Summary, Detail, Snippet, Suggestion string
			Line, Column                               int
		}
	}
	if json.Unmarshal(body, &answer) != nil || answer.Error.Message == "" {
		return fmt.Sprintf("the node answered %s\n%s", status, indented(body))
	}
	text := "the node answered " + status + ": " + answer.Error.Message
	if strings.HasPrefix(status, "401") {
		return text + "\n  give the token with --token-file, or in BRINK_TOKEN_FILE"
	}
	for _, e := range answer.Errors {
		text += "\n"
		if e.File != "" {
			text += fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
		}
		text += e.Summary
		for _, more := range []string{e.Detail, e.Snippet, e.Suggestion} {
			if more != "" {
				text += "\n  " + strings.ReplaceAll(strings.TrimRight(more, "\n"), "\n", "\n  ")
			}
		}
	}
	if answer.Error.Hint != "" {
		text += "\n  " + answer.Error.Hint
	}
	return text
}

// refusal is an answer other than 200 and 202.
type refusal struct {
	status     int
	retryAfter string // Retry-After, in seconds; empty: there is none
	text       string
}

func (r *refusal) Error() string { return r.text }

func (a adminFlags) request(method, path string, query url.Values, content any) (*http.Request, error) {
	host := strings.TrimSuffix(strings.TrimPrefix(a.Admin, "http://"), "/")
	u := url.URL{Scheme: "http", Host: host, Path: path, RawQuery: query.Encode()}
	if content == nil {
		return http.NewRequest(method, u.String(), nil)
	}
	body, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(method, u.String(), bytes.NewReader(body))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

func indented(body []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return body
	}
	return b.Bytes()
}

type explainCommand struct {
	adminFlags `embed:""`

	URL     string   `arg:"" optional:"" help:"The URL, as a client would ask for it."`
	Method  string   `help:"Request method." default:"GET"`
	Header  []string `short:"H" help:"A request field, as \"Name: value\"." sep:"none"`
	Ask     bool     `help:"Ask the origin too, and say whether its response would be stored."`
	Reasons bool     `help:"Print what each reason in Cache-Status, log and metrics means. No URL is explained."`
}

func (c explainCommand) Run() error {
	switch {
	case c.Reasons:
		return printReasons(os.Stdout)
	case c.URL == "":
		return errors.New("expected a URL to explain, or --reasons")
	}
	query := url.Values{"url": {c.URL}, "method": {c.Method}, "header": c.Header}
	if c.Ask {
		query.Set("ask", "1")
	}
	body, err := c.call(http.MethodGet, "/v1/explain", query, nil)
	if err != nil {
		return err
	}
	return printExplanation(os.Stdout, body)
}

type reloadCommand struct {
	adminFlags `embed:""`
}

func (c reloadCommand) Run() error {
	body, err := c.call(http.MethodPost, "/v1/reload", nil, nil)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n", bytes.TrimSpace(body))
	return nil
}
