package script

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"brink/test/brinktest"
)

// answer is a block of an origin's file.
type answer struct {
	status  int
	early   []string // fields of a 103 before
	fields  []string
	body    string
	delay   time.Duration
	hold    int // bytes of the body after which it holds; -1: not at all
	cut     int // bytes of the body after which the connection ends; -1: not at all
	chunked bool
}

// parseAnswers reads an origin's file: the answers by "PATH" or "METHOD PATH".
func parseAnswers(text string) (map[string][]*answer, error) {
	all := make(map[string][]*answer)
	var a *answer
	for i, line := range strings.Split(text, "\n") {
		var err error
		switch {
		case line == "" || line[0] == '#':
		case a != nil && strings.HasPrefix(line, "> "):
			a.body += line[2:] + "\n"
		case a != nil && strings.HasPrefix(line, "103 "):
			a.early = append(a.early, line[4:])
		case a != nil && strings.Contains(line, ": "):
			a.fields = append(a.fields, line)
		default:
			var key string
			if key, a, err = parseHeading(line); err == nil {
				all[key] = append(all[key], a)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return all, nil
}

func parseHeading(line string) (key string, a *answer, err error) {
	words := strings.Fields(line)
	key = words[0]
	if key[0] != '/' && key[0] != '*' && len(words) > 1 {
		key += " " + words[1]
		words = words[1:]
	}
	if words[0][0] != '/' && words[0] != "*" {
		return "", nil, fmt.Errorf("%q is not a path", words[0])
	}
	a = &answer{status: 200, hold: -1, cut: -1}
	for _, w := range words[1:] {
		if err := a.option(words[0], w); err != nil {
			return "", nil, fmt.Errorf("%q: %w", w, err)
		}
	}
	return key, a, nil
}

func (a *answer) option(path, word string) (err error) {
	name, value, _ := strings.Cut(word, "=")
	switch name {
	case "delay":
		a.delay, err = time.ParseDuration(value)
	case "hold":
		a.hold = 0
		if value != "" {
			a.hold, err = strconv.Atoi(value)
		}
	case "cut":
		a.cut, err = strconv.Atoi(value)
	case "size":
		var n int
		n, err = strconv.Atoi(value)
		body := make([]byte, n)
		brinktest.Content(body, path, 0)
		a.body = string(body)
	case "chunked":
		a.chunked = true
	default:
		a.status, err = strconv.Atoi(word)
	}
	return err
}

// field returns the value of the first field with the name.
func (a *answer) field(name string) string {
	for _, f := range a.fields {
		if n, v, _ := strings.Cut(f, ": "); strings.EqualFold(n, name) {
			return v
		}
	}
	return ""
}

// numbered returns a copy with $n replaced.
func (a *answer) numbered(n int) *answer {
	c := *a
	r := strings.NewReplacer("$n", strconv.Itoa(n))
	c.fields = nil
	for _, f := range a.fields {
		c.fields = append(c.fields, r.Replace(f))
	}
	if len(c.body) < 1<<12 { // a generated one has no numbers
		c.body = r.Replace(c.body)
	}
	return &c
}

// to returns the answer to r: a itself, 304, or a range of it.
func (a *answer) to(r *http.Request) *answer {
	if a.status != 200 {
		return a
	}
	tag, modified := a.field("ETag"), a.field("Last-Modified")
	if given := r.Header.Get("If-None-Match"); given != "" {
		if tag != "" && strings.Contains(given, tag) {
			return a.notModified()
		}
	} else if modified != "" && r.Header.Get("If-Modified-Since") == modified {
		return a.notModified()
	}
	if first, end, ok := a.wants(r); ok {
		c := *a
		c.status, c.body = 206, a.body[first:end]
		c.fields = append(c.fields[:len(c.fields):len(c.fields)], fmt.Sprintf("Content-Range: bytes %d-%d/%d", first, end-1, len(a.body)))
		return &c
	}
	return a
}

func (a *answer) notModified() *answer {
	c := *a
	c.status, c.body = 304, ""
	return &c
}

// wants returns the bytes of the body that r asks for, if it asks for a part.
func (a *answer) wants(r *http.Request) (first, end int, ok bool) {
	span, asks := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	condition := r.Header.Get("If-Range")
	if !asks || a.field("Accept-Ranges") == "" || condition != "" && condition != a.field("ETag") {
		return 0, 0, false
	}
	from, to, _ := strings.Cut(span, "-")
	first, err := strconv.Atoi(from)
	if err != nil || first >= len(a.body) {
		return 0, 0, false
	}
	end = len(a.body)
	if last, err := strconv.Atoi(to); err == nil {
		end = min(end, last+1)
	}
	return first, end, first < end
}

func TestParseAnswers(t *testing.T) {
	all, err := parseAnswers("# comment\n/a 404 delay=10ms hold cut=3\n103 Link: </x>\nX: $n\n> one $n\n> two\n\nPOST /a\n/a size=10 hold=4 chunked\n* 500\n")
	if err != nil {
		t.Fatal(err)
	}
	a := all["/a"][0].numbered(7)
	if a.status != 404 || a.delay != 10*time.Millisecond || a.hold != 0 || a.cut != 3 || a.early[0] != "Link: </x>" || a.field("x") != "7" || a.body != "one 7\ntwo\n" {
		t.Errorf("%+v", a)
	}
	if b := all["/a"][1]; b.status != 200 || len(b.body) != 10 || b.hold != 4 || b.cut != -1 || !b.chunked {
		t.Errorf("%+v", b)
	}
	if len(all) != 3 || len(all["POST /a"]) != 1 || all["*"][0].status != 500 {
		t.Errorf("%v", all)
	}
	for _, text := range []string{"X: before the first\n", "a b\n", "/a twelve\n", "/a delay=soon\n", "> body\n", "/a size=\n"} {
		if _, err := parseAnswers(text); err == nil {
			t.Errorf("%q is no error", text)
		}
	}
}
