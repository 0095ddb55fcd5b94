package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// purgeAPI is an admin listener that only takes purges.
type purgeAPI struct {
	*httptest.Server
	asked  []purgeRequest
	answer func(n int) (status int, body string) // to the n-th call, from 1
}

func newPurgeAPI(t *testing.T, answer func(n int) (int, string)) *purgeAPI {
	a := &purgeAPI{answer: answer}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ask purgeRequest
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&ask); err != nil || r.Method != "POST" || r.URL.Path != "/v1/purge" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v: %v", r.Method, r.URL, r.Header, err)
		}
		a.asked = append(a.asked, ask)
		status, body := a.answer(len(a.asked))
		if status == 429 && !strings.Contains(body, "never") {
			w.Header().Set("Retry-After", "0")
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(a.Close)
	return a
}

func appliedBy(nodes ...string) func(int) (int, string) {
	return func(n int) (int, string) {
		r := receipt{Seq: uint64(100 + n), Nodes: make(map[string]string)}
		for _, node := range nodes {
			r.Nodes[node] = applied
		}
		body, _ := json.Marshal(r) // of a map of texts: it cannot fail
		return 200, string(body)
	}
}

// purge runs the command with input and returns what it printed.
func (a *purgeAPI) purge(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	var c struct {
		Purge purgeCommand `cmd:""`
	}
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse(append([]string{"purge", "--admin", strings.TrimPrefix(a.URL, "http://")}, args...))
	if err != nil {
		return "", err
	}
	stdin, stdout := tempFile(t, input), tempFile(t, "")
	oldIn, oldOut := os.Stdin, os.Stdout
	os.Stdin, os.Stdout = stdin, stdout
	err = k.Run()
	os.Stdin, os.Stdout = oldIn, oldOut
	out, readErr := os.ReadFile(stdout.Name())
	if readErr != nil {
		t.Fatal(readErr)
	}
	return string(out), err
}

func tempFile(t *testing.T, text string) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Every flag comes to the API, in one call if that says the same.
func TestPurgeFlags(t *testing.T) {
	a := newPurgeAPI(t, appliedBy("edge-1", "edge-2"))
	out, err := a.purge(t, "", "http://a.test/x?a&b", "b.test/y", "--tag", "one,two", "--tag", "three", "--prefix", "a.test/p/",
		"--host", "c.test", "--all", "--soft", "--wait", "fleet", "--timeout", "1500ms")
	if err != nil {
		t.Fatal(err)
	}
	a.want(t, purgeRequest{
		URLs: []string{"http://a.test/x?a&b", "b.test/y"}, Tags: []string{"one,two", "three"}, Prefixes: []string{"a.test/p/"},
		Hosts: []string{"c.test"}, All: true, Soft: true, Wait: "fleet", Timeout: "1.5s",
	})
	if out != "purged      everything\nseq         101\nnode        edge-1 applied\nnode        edge-2 applied\n" {
		t.Errorf("%q", out)
	}
}

func (a *purgeAPI) want(t *testing.T, want ...purgeRequest) {
	t.Helper()
	if !reflect.DeepEqual(a.asked, want) {
		t.Errorf("asked for %+v, not %+v", a.asked, want)
	}
}

// A purge with a warning is in force all the same.
func TestPurgeWarnings(t *testing.T) {
	a := newPurgeAPI(t, func(n int) (int, string) {
		return 200, fmt.Sprintf(`{"seq":%d,"nodes":{"edge-1":"applied"},"warnings":[{"item":"urls[0]","name":"http://a.test/%d","message":"matches no site"},{"message":"2 more items match no site"}]}`, n, n)
	})
	stderr, old := tempFile(t, ""), os.Stderr
	os.Stderr = stderr
	out, err := a.purge(t, "", "--batch", "1", "http://a.test/1", "http://a.test/2")
	os.Stderr = old
	if err != nil || out != "purged      2 names\nseq         1 to 2\nnode        edge-1 applied\n" {
		t.Errorf("%v, %q", err, out)
	}
	said, err := os.ReadFile(stderr.Name())
	const want = "brink: warning: http://a.test/1 matches no site\nbrink: warning: 2 more items match no site\n" +
		"brink: warning: http://a.test/2 matches no site\nbrink: warning: 2 more items match no site\n"
	if err != nil || string(said) != want {
		t.Errorf("%v, %q", err, said)
	}
}

// Tags with sites are those of the sites, and nothing else becomes so by being
// named beside them.
func TestPurgeSites(t *testing.T) {
	a := newPurgeAPI(t, appliedBy("edge-1"))
	if _, err := a.purge(t, "", "--tag", "a", "--site", "shop", "--site", "blog", "a.test/"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.purge(t, "site shop\ntag a\nsite blog\n", "-"); err != nil {
		t.Fatal(err)
	}
	a.want(t,
		purgeRequest{URLs: []string{"a.test/"}, Wait: "node"},
		purgeRequest{Tags: []string{"a"}, Sites: []string{"shop", "blog"}, Wait: "node"},
		purgeRequest{Tags: []string{"a"}, Wait: "node"},
		purgeRequest{Sites: []string{"shop", "blog"}, Wait: "node"})
}

// Lists are read from standard input and from a file, behind what the flags name.
func TestPurgeLists(t *testing.T) {
	a := newPurgeAPI(t, appliedBy("edge-1"))
	list := tempFile(t, "prefix a.test/p\n  host\tb.test \n\nsite shop\r\nred shoes\n").Name()
	if _, err := a.purge(t, "", "--stdin-kind", "tag", "--from", list, "c.test/"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.purge(t, "http://a.test/1\nurl http://a.test/2\ntag red shoes\nurl\n", "-", "--tag", "t"); err != nil {
		t.Fatal(err)
	}
	a.want(t,
		purgeRequest{URLs: []string{"c.test/"}, Prefixes: []string{"a.test/p"}, Hosts: []string{"b.test"}, Tags: []string{"red shoes"}, Wait: "node"},
		purgeRequest{Sites: []string{"shop"}, Wait: "node"},
		purgeRequest{Tags: []string{"t", "red shoes"}, URLs: []string{"http://a.test/1", "http://a.test/2", "url"}, Wait: "node"})
}

// More than a call takes goes in several, and the receipt is of all.
func TestPurgeCalls(t *testing.T) {
	a := newPurgeAPI(t, appliedBy("edge-1"))
	var list strings.Builder
	for i := range 2*maxItems + 1 {
		fmt.Fprintf(&list, "tag %d\n", i)
	}
	out, err := a.purge(t, list.String(), "-", "--soft", "--all")
	if err != nil {
		t.Fatal(err)
	}
	if out != "purged      everything\nseq         101 to 103\nnode        edge-1 applied\n" {
		t.Errorf("%q", out)
	}
	n := 0
	for i, ask := range a.asked {
		if !ask.Soft || ask.All != (i == 0) {
			t.Errorf("call %d: soft %v, all %v", i, ask.Soft, ask.All)
		}
		for _, tag := range ask.Tags {
			if tag != fmt.Sprint(n) {
				t.Fatalf("call %d has tag %s, not %d", i, tag, n)
			}
			n++
		}
	}
	if len(a.asked) != 3 || len(a.asked[0].Tags) != maxItems-1 || len(a.asked[1].Tags) != maxItems || n != 2*maxItems+1 {
		t.Errorf("%d calls, %d tags", len(a.asked), n)
	}
}

// A token's burst and rate slow the command down, and that is all.
func TestPurgeRate(t *testing.T) {
	a := newPurgeAPI(t, func(n int) (int, string) {
		if n%2 == 1 {
			return 429, `{"error":{"code":"rate_limited"}}`
		}
		return appliedBy("edge-1")(n)
	})
	out, err := a.purge(t, "tag a\ntag b\ntag c\n", "-", "--batch", "2")
	if err != nil || out != "purged      3 names\nseq         102 to 104\nnode        edge-1 applied\n" {
		t.Errorf("%v, %q", err, out)
	}
	a.want(t, purgeRequest{Tags: []string{"a", "b"}, Wait: "node"}, purgeRequest{Tags: []string{"a", "b"}, Wait: "node"},
		purgeRequest{Tags: []string{"c"}, Wait: "node"}, purgeRequest{Tags: []string{"c"}, Wait: "node"})
}

// Long names go in more calls, and what the API cannot be told is not sent.
func TestPurgeNames(t *testing.T) {
	a := newPurgeAPI(t, appliedBy("edge-1"))
	long := strings.Repeat("tag "+strings.Repeat("x", maxBytes/3)+"\n", 5)
	if _, err := a.purge(t, long, "-"); err != nil || len(a.asked) != 2 || len(a.asked[0].Tags) != 4 {
		t.Errorf("%v, %d calls", err, len(a.asked))
	}
	if _, err := a.purge(t, "tag \xff\n", "-"); err == nil || len(a.asked) != 2 {
		t.Errorf("%v, %d calls", err, len(a.asked))
	}
	if _, err := a.purge(t, "", "--tag", "\xff"); err == nil || len(a.asked) != 2 {
		t.Errorf("%v, %d calls", err, len(a.asked))
	}
}

// The exit status says that all was applied, and nothing else.
func TestPurgeNotApplied(t *testing.T) {
	lines := "tag a\n" + strings.Repeat("tag b\n", maxItems)
	for name, c := range map[string]struct {
		answer func(int) (int, string)
		input  string
		args   []string
		calls  int
		out    string
		err    string
	}{
		"pending node": {
			answer: func(n int) (int, string) {
				return [...]int{0, 202, 200}[n], fmt.Sprintf(`{"seq":%d,"nodes":{"edge-1":"applied","edge-2":%q}}`, n, [...]string{"", "pending", "applied"}[n])
			},
			input: lines, args: []string{"-"}, calls: 2,
			out: "purged      10001 names\nseq         1 to 2\nnode        edge-1 applied\nnode        edge-2 pending\n", err: "not applied everywhere yet",
		},
		"nobody":      {answer: appliedBy(), args: []string{"a.test/"}, calls: 1, out: "purged      1 name\nseq         101\n", err: "not applied everywhere yet"},
		"no receipt":  {answer: func(int) (int, string) { return 200, "fine" }, args: []string{"a.test/"}, calls: 1, err: "read the receipt"},
		"not durable": {answer: func(int) (int, string) { return 503, `{"error":{"code":"not_durable"}}` }, args: []string{"a.test/"}, calls: 1, err: `"code": "not_durable"`},
		"refused later": {
			answer: func(n int) (int, string) {
				if n == 2 {
					return 400, `{"error":{"code":"bad_url"}}`
				}
				return appliedBy("edge-1")(n)
			},
			input: lines, args: []string{"-"}, calls: 2, out: "purged      10000 names\nseq         101\nnode        edge-1 applied\n", err: "400 Bad Request",
		},
		"bad line":      {answer: appliedBy("edge-1"), input: "a.test/\n\nprefx a.test/\n", args: []string{"-"}, calls: 0, err: `standard input, line 3: "prefx a.test/" is neither`},
		"long line":     {answer: appliedBy("edge-1"), input: "a\n" + strings.Repeat("x", maxLine+1), args: []string{"-"}, err: "line 2: "},
		"empty list":    {answer: appliedBy("edge-1"), args: []string{"-"}, out: "purged      0 names\n"},
		"site of lists": {answer: appliedBy("edge-1"), args: []string{"-", "--site", "shop"}, err: "--site"},
		"rate for ever": {answer: func(int) (int, string) { return 429, "never" }, args: []string{"a.test/"}, calls: 1, err: "429"},
		"batch":         {answer: appliedBy("edge-1"), args: []string{"a.test/", "--batch", "10001"}, err: "--batch"},
		"nothing":       {answer: appliedBy("edge-1"), err: "nothing to purge"},
		"all of a site": {answer: appliedBy("edge-1"), args: []string{"--all", "--site", "shop"}, err: "leave it out to purge all of --site"},
		"no file":       {answer: appliedBy("edge-1"), args: []string{"--from", "/nowhere"}, err: "read the items"},
		"unknown wait":  {answer: appliedBy("edge-1"), args: []string{"--wait", "all", "a.test/"}, err: "--wait"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newPurgeAPI(t, c.answer)
			out, err := a.purge(t, c.input, c.args...)
			if out != c.out || len(a.asked) != c.calls {
				t.Errorf("%d calls, %q", len(a.asked), out)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v", err)
			}
		})
	}
}
