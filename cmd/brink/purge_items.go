package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// item is one thing to purge.
type item struct{ kind, name string }

var itemKinds = []string{"url", "tag", "prefix", "host", "site"}

// maxLine is the longest line of a list, in bytes.
const maxLine = 1 << 20

// itemReader gives items one after the other, then io.EOF.
type itemReader interface{ next() (item, error) }

// items are what the flags name, then what the lists hold. The function closes
// what is open.
func (c purgeCommand) items() (itemReader, func(), error) {
	var named namedItems
	var all readers
	file := io.NopCloser(nil)
	for _, u := range c.URLs {
		if u == "-" {
			all = append(all, newItemLines("standard input", os.Stdin, c.StdinKind))
			continue
		}
		named = append(named, item{"url", u})
	}
	for _, given := range []struct {
		kind  string
		names []string
	}{{"tag", c.Tag}, {"prefix", c.Prefix}, {"host", c.Host}, {"site", c.Site}} {
		for _, n := range given.names {
			named = append(named, item{given.kind, n})
		}
	}
	if c.From != "" {
		f, err := os.Open(c.From)
		if err != nil {
			return nil, nil, fmt.Errorf("read the items: %w", err)
		}
		file = f
		all = append(all, newItemLines(c.From, f, c.StdinKind))
	}
	if len(named) == 0 && len(all) == 0 && !c.All {
		return nil, nil, errors.New("nothing to purge: give URLs, --tag, --prefix, --host, --site, --from or --all")
	}
	all = append(readers{&named}, all...)
	return &all, func() { file.Close() }, nil
}

// namedItems are those given by flags.
type namedItems []item

func (n *namedItems) next() (item, error) {
	if len(*n) == 0 {
		return item{}, io.EOF
	}
	first := (*n)[0]
	*n = (*n)[1:]
	return first, nil
}

// readers are read one after the other.
type readers []itemReader

func (r *readers) next() (item, error) {
	for len(*r) > 0 {
		i, err := (*r)[0].next()
		if err != io.EOF {
			return i, err
		}
		*r = (*r)[1:]
	}
	return item{}, io.EOF
}

// itemLines reads one item a line. Empty lines are skipped.
type itemLines struct {
	name  string // of the list, for errors
	kind  string // of a line without one
	lines *bufio.Scanner
	n     int
}

func newItemLines(name string, r io.Reader, kind string) *itemLines {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	return &itemLines{name: name, kind: kind, lines: lines}
}

func (l *itemLines) next() (item, error) {
	for l.lines.Scan() {
		l.n++
		line := strings.TrimSpace(l.lines.Text())
		if line == "" {
			continue
		}
		blank := strings.IndexAny(line, " \t")
		if blank > 0 && slices.Contains(itemKinds, line[:blank]) {
			return item{line[:blank], strings.TrimSpace(line[blank:])}, nil
		}
		if blank > 0 && l.kind != "tag" {
			return item{}, fmt.Errorf("%s, line %d: %q is neither a %s nor one of %s and a name",
				l.name, l.n, line, l.kind, strings.Join(itemKinds, ", "))
		}
		return item{l.kind, line}, nil
	}
	if err := l.lines.Err(); err != nil {
		return item{}, fmt.Errorf("%s, line %d: %w", l.name, l.n+1, err)
	}
	return item{}, io.EOF
}
