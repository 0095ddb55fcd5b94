package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"brink/edge"
)

// printExplanation prints an explanation, which body has as JSON, one decision a line.
func printExplanation(w io.Writer, body []byte) error {
	var e edge.Explanation
	if err := json.Unmarshal(body, &e); err != nil {
		return fmt.Errorf("read the explanation: %w", err)
	}
	p := printer{w: w}
	p.line("request", "%s %s", e.Method, e.URL)
	p.text("site", e.Site)
	if e.Rule != "" {
		p.line("rule", "%s (%s)", e.Rule, e.Position)
	}
	p.line("plan", "%s", e.Plan)
	p.text("key", e.Key)
	p.text("varies by", strings.Join(e.Varies, " or "))
	for _, n := range e.Notes {
		p.line("note", "%s: %s", n.About, n.Text)
	}
	if e.Marked {
		p.line("marked", "a recent response was not storable: requests do not wait for each other")
	}
	p.text("disk", diskRules[e.Disk])
	p.stored(e.Stored)
	if len(e.LeftOut) > 0 {
		p.line("left out", "%s: failed lately", strings.Join(e.LeftOut, ", "))
	}
	p.line("outcome", "%s%s", e.Outcome, because(e.Reason, e.Culprit))
	p.text("", e.Advice)
	p.origin(e.Origin)
	return p.err
}

// diskRules explain the values of a path's disk setting.
var diskRules = map[string]string{
	"auto":   "auto: written when asked for again, or too large for memory",
	"always": "always: written when stored",
	"off":    "off: never written, not looked for",
}

// printer prints lines that begin with a name. It keeps the first error and prints nothing
// after it, so that callers look at err once, at the end.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(name, format string, a ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, "%-11s %s\n", name, fmt.Sprintf(format, a...))
	}
}

func (p *printer) text(name, s string) {
	if s != "" {
		p.line(name, "%s", s)
	}
}

// because returns a clause with a reason and its culprit, "" if there is no reason.
func because(reason, culprit string) string {
	switch {
	case reason == "" || reason == "none":
		return ""
	case culprit == "":
		return " because " + reason
	}
	return " because " + reason + " (" + culprit + ")"
}

func (p *printer) stored(s *edge.StoredAnswer) {
	if s == nil {
		return
	}
	p.line("stored", "in %s, status %d, %d bytes, age %ds, ttl %ds", s.Tier, s.Status, s.Length, s.Age, s.TTL)
	p.lifetime(&s.Lifetime)
	for _, flag := range s.Flags {
		p.line("", "%s", flag)
	}
	p.line("use", "%s%s", s.Use, because(s.Why, ""))
	for _, f := range s.Fields {
		p.line("", "%s", f)
	}
}

func (p *printer) lifetime(l *edge.Span) {
	p.line("lifetime", "%ds, set by %s; stale-while-revalidate %ds, stale-if-error %ds",
		l.Seconds, l.Source, l.StaleWhileRevalidate, l.StaleIfError)
}

func (p *printer) origin(o *edge.OriginsAnswer) {
	switch {
	case o == nil:
	case o.Error != "":
		p.line("origin", "%s", o.Error)
	case o.Stores:
		p.line("origin", "status %d, would be stored", o.Status)
		p.text("varies by", strings.Join(o.Varies, ", "))
		p.lifetime(o.Lifetime)
	case o.Limit > 0:
		p.line("origin", "status %d, would not be stored%s: %d bytes, at most %d", o.Status, because(o.Why, ""), o.Length, o.Limit)
		p.text("", o.Advice)
	default:
		p.line("origin", "status %d, would not be stored%s", o.Status, because(o.Why, o.Culprit))
		p.text("", o.Meaning)
		p.text("", o.Advice)
	}
	if o != nil {
		for _, f := range o.Fields {
			p.line("", "%s", f)
		}
	}
}
