package site

import (
	"bytes"
	"fmt"
	"strings"

	"brink/conf"
	"brink/origin"
)

// Tables are one conf set, compiled for serving. They are immutable. A reload makes new
// ones, while requests under way keep theirs.
type Tables struct {
	Config *conf.Config
	Sites  []*Site // by Site.Number

	exact    map[string]*Site // by host name
	wildcard map[string]*Site // by the end of the host name: ".example.com" for "*.example.com"
	any      *Site            // "*"; nil: unknown hosts are refused
}

// Compile builds the tables of c. origins holds the running origins by their names.
func Compile(c *conf.Config, origins map[string]*origin.Origin) (*Tables, error) {
	t := &Tables{
		Config:   c,
		exact:    make(map[string]*Site),
		wildcard: make(map[string]*Site),
	}
	named := make(map[string]*conf.Origin, len(c.Origins))
	for i := range c.Origins {
		named[c.Origins[i].Name] = &c.Origins[i]
	}
	for i := range c.Sites {
		o, ok := origins[c.Sites[i].Origin]
		if !ok && c.Sites[i].Origin != "" {
			return nil, fmt.Errorf("site %q: no origin %q", c.Sites[i].Name, c.Sites[i].Origin)
		}
		s, err := compileSite(c, i, o, named[c.Sites[i].Origin])
		if err != nil {
			return nil, fmt.Errorf("site %q: %w", c.Sites[i].Name, err)
		}
		t.Sites = append(t.Sites, s)
		for _, host := range c.Sites[i].Hosts {
			t.addHost(strings.ToLower(host), s)
		}
	}
	return t, nil
}

func (t *Tables) addHost(host string, s *Site) {
	switch {
	case host == "*":
		t.any = s
	case strings.HasPrefix(host, "*."):
		t.wildcard[host[1:]] = s
	default:
		t.exact[host] = s
	}
}

// Find returns the site for a host name: the site that names it, else the one with the
// longest wildcard, else the one for "*". It returns nil if there is none of these. It does
// not allocate.
func (t *Tables) Find(name []byte) *Site {
	if s, ok := t.exact[string(name)]; ok {
		return s
	}
	if len(t.wildcard) > 0 {
		for i := bytes.IndexByte(name, '.'); i >= 0; {
			if s, ok := t.wildcard[string(name[i:])]; ok {
				return s
			}
			next := bytes.IndexByte(name[i+1:], '.')
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	return t.any
}
