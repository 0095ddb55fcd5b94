package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// item is one thing to purge.
type item struct{ kind, name string }

var itemKinds = []string{"url", "tag", "prefix", "host", "site"}

// maxLine is the limit of a line in a list, in bytes.
const maxLine = 1 << 20

// itemReader returns one item after the other, and then io.EOF.
type itemReader interface{ next() (item, error) }

// items returns a reader of the items in the flags, and then of those in the lists. The
// function that it returns closes open files.
func (c purgeCommand) items() (itemReader, func(), error) {
	if c.All && len(c.Site) > 0 {
		return nil, nil, errors.New("--all is everything, of every site: leave it out to purge all of --site, or leave out --site")
	}
	all := readers{c.named()}
	file := io.NopCloser(nil)
	if slices.Contains(c.URLs, "-") {
		all = append(all, newItemLines("standard input", os.Stdin, c.StdinKind))
	}
	if c.From != "" {
		f, err := os.Open(c.From)
		if err != nil {
			return nil, nil, fmt.Errorf("read the items: %w", err)
		}
		file = f
		all = append(all, newItemLines(c.From, f, c.StdinKind))
	}
	switch lists := len(all) > 1; {
	case lists && len(c.Site) > 0:
		return nil, nil, errors.Join(errors.New("--site does not say what it means for a list: give lines of the kind site"), file.Close())
	case !lists && len(*c.named()) == 0:
		return nil, nil, errors.New("nothing to purge: give URLs, --tag, --prefix, --host, --site, --from or --all")
	}
	return &all, func() { file.Close() }, nil
}

func (c purgeCommand) named() *namedItems {
	var named namedItems
	add := func(kind string, names []string) {
		for _, n := range names {
			named = append(named, item{kind, n})
		}
	}
	if c.All {
		add("all", []string{""})
	}
	add("url", slices.DeleteFunc(slices.Clone(c.URLs), func(u string) bool { return u == "-" }))
	add("prefix", c.Prefix)
	add("host", c.Host)
	if len(c.Tag) > 0 && len(c.Site) > 0 {
		add("tag of sites", c.Tag)
	} else {
		add("tag", c.Tag)
		add("site", c.Site)
	}
	return &named
}

// namedItems are the items in the flags.
type namedItems []item

func (n *namedItems) next() (item, error) {
	if len(*n) == 0 {
		return item{}, io.EOF
	}
	first := (*n)[0]
	*n = (*n)[1:]
	if !encodable(first.name) {
		return item{}, fmt.Errorf("the %s %q is not UTF-8", first.kind, first.name)
	}
	return first, nil
}

// encodable reports whether JSON can hold a name unchanged. In the flags, U+FFFD stands for
// bytes that are not UTF-8.
func encodable(name string) bool { return !strings.ContainsRune(name, utf8.RuneError) }

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
		if !encodable(line) {
			return item{}, fmt.Errorf("%s, line %d: %q is not UTF-8", l.name, l.n, line)
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
