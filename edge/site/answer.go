package site

import (
	"bytes"
	"fmt"
	"strings"

	"brink/conf"
	"brink/edge/message"
	"brink/edge/wire"
)

// Answer is a rule's own answer: a redirect or a fixed response.
type Answer struct {
	Body   [][]byte
	Length int64 // of Body, in bytes
	Reason message.Reason

	head wire.Head
	to   []piece // Location of a redirect; nil for a fixed response
}

// piece is a piece of a redirect's target: text, and the part of the request that follows
// it.
type piece struct {
	text string
	part string // "host", "path", "query" or empty
}

func compileAnswer(c *conf.Rule) (*Answer, error) {
	switch {
	case c.Redirect != nil:
		return compileRedirect(c.Redirect)
	case c.Respond != nil:
		return compileRespond(c.Respond), nil
	}
	return nil, nil
}

func compileRespond(c *conf.Respond) *Answer {
	a := &Answer{Reason: message.ReasonRespondRule, Length: int64(len(c.Body))}
	a.head.Begin(c.Status)
	typed := false
	for _, f := range c.Headers {
		a.head.AddString(f.Name, f.Value)
		typed = typed || strings.EqualFold(f.Name, "Content-Type")
	}
	if !typed && c.Body != "" {
		a.head.AddString("Content-Type", "text/plain; charset=utf-8")
	}
	if c.Body != "" {
		a.Body = [][]byte{[]byte(c.Body)}
	}
	return a
}

func compileRedirect(c *conf.Redirect) (*Answer, error) {
	a := &Answer{Reason: message.ReasonRedirectRule}
	a.head.Begin(c.Status)
	for rest := c.To; rest != ""; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			a.to = append(a.to, piece{text: rest})
			break
		}
		end := strings.IndexByte(rest[open:], '}')
		if end < 0 {
			return nil, fmt.Errorf("redirect to %q: no closing brace", c.To)
		}
		part := rest[open+1 : open+end]
		if part != "host" && part != "path" && part != "query" {
			return nil, fmt.Errorf("redirect to %q: unknown part {%s}", c.To, part)
		}
		a.to = append(a.to, piece{text: rest[:open], part: part})
		rest = rest[open+end+1:]
	}
	return a, nil
}

// Render writes the head of the answer to a request for u to dst, reusing its memory.
func (a *Answer) Render(dst *wire.Head, u *message.URL) {
	dst.Begin(a.head.Status)
	for _, l := range a.head.Lines {
		dst.AddLine(&a.head, l)
	}
	if a.to != nil {
		dst.AddID(wire.Location, a.Location(nil, u))
	}
}

// Location appends the target of a redirect, for a request for u, to dst. u is the
// canonical URL, so its parts hold no byte that could end the line.
func (a *Answer) Location(dst []byte, u *message.URL) []byte {
	for _, p := range a.to {
		dst = append(dst, p.text...)
		switch p.part {
		case "host":
			dst = append(dst, u.Host...)
		case "path":
			dst = append(dst, u.Path...)
		case "query":
			dst = append(dst, u.Query...)
		}
	}
	if len(u.Query) > 0 {
		return dst // a "?" at the end belongs to the query
	}
	return bytes.TrimSuffix(dst, []byte{'?'})
}
