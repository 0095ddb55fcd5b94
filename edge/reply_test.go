package edge

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/site"
	"brink/edge/wire"
	"brink/store"
)

// stored0to9 is a stored response whose body is digits; of a part it is the second half.
func stored0to9(part bool) *store.Object {
	o := &store.Object{Length: 10, Body: [][]byte{[]byte("0123"), []byte("456789")}}
	o.Head.Begin(200)
	o.Head.AddString("ETag", `"1"`)
	o.Head.AddString("Content-Type", "text/x")
	if part {
		o.Partial = &store.Partial{First: 10, Whole: 20}
	}
	return o
}

// exchangeOf is a GET with these fields, which a rule without settings is for.
func exchangeOf(fields ...string) *exchange {
	x := &exchange{Exchange: new(message.Exchange)}
	x.Request.Method = message.GET
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		x.Request.Fields.Append([]byte(name), []byte(value))
	}
	x.rule = new(site.Rule)
	x.age = -1
	return x
}

// RFC 9110 sections 13 to 15: what of a stored response a request gets.
func TestAnswer(t *testing.T) {
	n := &Node{id: "edge-1"}
	for _, c := range []struct {
		field  string
		part   bool
		status int
		length int64
		span   string // Content-Range
		body   string
	}{
		{"", false, 200, 10, "", digits},
		{`If-None-Match: "2"`, false, 200, 10, "", digits},
		{`If-None-Match: "1"`, false, 304, -1, "", ""},
		{"Range: bytes=2-4", false, 206, 3, "bytes 2-4/10", "234"},
		{"Range: bytes=3-4", false, 206, 2, "bytes 3-4/10", "34"},
		{"Range: bytes=-1", false, 206, 1, "bytes 9-9/10", "9"},
		{"Range: bytes=0-", false, 206, 10, "bytes 0-9/10", digits},
		{"Range: bytes=10-", false, 416, 0, "bytes */10", ""},
		{"Range: cows=1-2", false, 200, 10, "", digits},
		{"Range: bytes=12-13", true, 206, 2, "bytes 12-13/20", "23"},
		{"Range: bytes=10-", true, 206, 10, "bytes 10-19/20", digits},
		{"Range: bytes=20-", true, 416, 0, "bytes */20", ""},
		{`If-None-Match: "1"`, true, 304, -1, "", ""},
		{"Range: bytes=9-9", true, 0, 0, "", ""},
		{"", true, 0, 0, "", ""},
	} {
		x, o := exchangeOf(), stored0to9(c.part)
		if c.field != "" {
			x = exchangeOf(c.field)
		}
		answer := semantics.Evaluate(&x.Request, o, nil)
		if c.status == 0 || answer.Status == 0 {
			if answer.Status != c.status {
				t.Errorf("%q: %d", c.field, answer.Status)
			}
			continue
		}
		n.answer(x, o, &answer)
		p := &x.Reply
		body := bytes.Join(p.Body, nil)
		if p.Head.Status != c.status || p.Length != c.length || string(body) != c.body || string(p.Head.Get(wire.ContentRange)) != c.span {
			t.Errorf("%q: %d %d %q, %q", c.field, p.Head.Status, p.Length, body, p.Head.Block)
		}
	}
}

// Several ranges are parts of one body (RFC 9110 section 15.3.7.2), and a rule that sets
// Content-Type leaves its boundary alone.
func TestAnswerOfRanges(t *testing.T) {
	n := &Node{id: "edge-1"}
	config := parseConf(t, `site "a" {
  hosts = ["*"]
  respond {}
  response {
    set = { "Content-Type" = "text/set", "X-Set" = "1" }
  }
}`)
	tables, err := site.Compile(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, o := exchangeOf("Range: bytes=0-1, 5-6"), stored0to9(false)
	x.rule = tables.Sites[0].Rule([]byte("/"))
	answer := semantics.Evaluate(&x.Request, o, nil)
	n.answer(x, o, &answer)
	p := &x.Reply
	body := string(bytes.Join(p.Body, nil))
	_, boundary, _ := strings.Cut(string(p.Head.Get(wire.ContentType)), "multipart/byteranges; boundary=")
	if p.Head.Status != 206 || boundary == "" || strings.Count(body, boundary) != 3 || int64(len(body)) != p.Length {
		t.Errorf("%d %d %q\n%s", p.Head.Status, p.Length, p.Head.Block, body)
	}
	for _, part := range []string{"Content-Range: bytes 0-1/10\r\n\r\n01\r\n", "Content-Range: bytes 5-6/10\r\n\r\n56\r\n", "Content-Type: text/x\r\n"} {
		if !strings.Contains(body, part) {
			t.Errorf("no %q in %q", part, body)
		}
	}
	if !strings.Contains(string(p.Head.Block), "X-Set: 1\r\n") {
		t.Errorf("not edited: %q", p.Head.Block)
	}
}

// The fields that differ from reply to reply are what the exchange came to.
func TestFinish(t *testing.T) {
	n := &Node{id: "edge-1"}
	for _, c := range []struct {
		name    string
		change  func(x *exchange)
		age     string
		status  string
		problem string
	}{
		{"a hit", func(x *exchange) { x.age = 5; x.status.Outcome = message.Hit }, "5", "edge-1; hit", ""},
		{"no age", func(x *exchange) { x.status.Outcome = message.Hit }, "", "edge-1; hit", ""},
		{"another variant", func(x *exchange) {
			x.status = message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonVaryMiss}
			x.selectors = []store.Selector{{"accept"}, {"accept", "cookie"}}
		}, "", "edge-1; fwd=vary-miss", ""},
		{"a failure", func(x *exchange) { x.refused(message.ReasonOriginDown); x.problem = "connection_refused" }, "", "", "edge-1; error=connection_refused"},
	} {
		x := exchangeOf()
		c.change(x)
		x.Reply.Head = &x.head
		x.head.Begin(200)
		n.finish(x)
		p, age := &x.Reply, ""
		if p.HasAge {
			age = fmt.Sprint(p.Age)
		}
		if status := string(p.AppendCacheStatus(nil)); age != c.age || !strings.HasPrefix(status, c.status) {
			t.Errorf("%s: age %q, %s", c.name, age, status)
		}
		if problem := string(p.AppendProxyStatus(nil)); c.problem != "" && problem != c.problem {
			t.Errorf("%s: %s", c.name, problem)
		}
	}
}
