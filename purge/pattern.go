package purge

import (
	"errors"
	"fmt"
	"strings"
)

// ErrPattern is wrapped by errors about patterns that cannot be purged.
var ErrPattern = errors.New("the pattern is not taken")

// Plain returns the item without a pattern that covers an item with a star in its
// name:
//
//   - A star at the end of a path stands for anything: "host/blog/*" is the prefix
//     "host/blog/", and "host/blog*" the Stem "host/blog". ".*" means the same.
//   - A star in a query may be meant as one or as a pattern. The path covers both, with
//     all its queries.
//   - With any other star the error wraps ErrPattern.
//
// Items without a star, and tags, are returned as they are. The result covers at least
// as much as the pattern.
func (i Item) Plain() (Item, error) {
	if i.Kind != URL && i.Kind != Prefix && i.Kind != Host || !strings.Contains(i.Name, "*") {
		return i, nil
	}
	name, _, _ := strings.Cut(i.Name, "#")
	host, path, query := splitName(name)
	switch at := strings.IndexByte(path, '*'); {
	case strings.Contains(host, "*"):
		return i, fmt.Errorf("%w: %q has a * in its host; name each host, or the site", ErrPattern, i.Name)
	case at < 0 && strings.Contains(query, "*") && i.Kind == URL:
		return Item{Kind: Prefix, Soft: i.Soft, Name: host + path}, nil
	case at < 0:
		return i, nil
	case strings.TrimRight(path[at:], "*") != "" || query != "":
		return i, fmt.Errorf("%w: %q has a * that is not the end of a path; write %%2A for one that is part of a name", ErrPattern, i.Name)
	default:
		i.Kind, i.Name = Stem, host+strings.TrimSuffix(path[:at], ".")
	}
	if strings.HasSuffix(i.Name, "/") && Depth(i.Name[len(host):]) <= MaxDepth {
		i.Kind = Prefix // which costs less
	}
	return i, nil
}

// splitName splits the name of a URL or prefix. host has the scheme, if there is one.
func splitName(name string) (host, path, query string) {
	start := 0
	if i := strings.Index(name, "://"); i >= 0 && !strings.ContainsAny(name[:i], "/?") {
		start = i + len("://")
	}
	end := len(name)
	if i := strings.IndexAny(name[start:], "/?"); i >= 0 {
		end = start + i
	}
	host, path = name[:end], name[end:]
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path, query = path[:i], path[i:]
	}
	return host, path, query
}
