package site

import (
	"bytes"
	"fmt"

	"brink/conf"
	"brink/edge/message"
	"brink/origin"
)

// Site holds the settings for some hosts.
type Site struct {
	Name        string
	Number      int            // index in Tables.Sites and in metrics
	Origin      *origin.Origin // nil: every rule answers by itself
	Connections int            // the most that are open to the origin at a time; 0: there is no origin
	Purging     *conf.Purge    // says who may purge by requests; nil: nobody may

	exact map[string]*Rule // by path
	globs []*Rule          // most specific first
	rest  *Rule            // the site's own settings, where no path matches
	walls *walls           // nil: no rule is a wall
}

// compileSite builds the site with this number. o is its origin and of are the settings of
// the origin; both are nil if every rule answers by itself.
func compileSite(all *conf.Config, number int, o *origin.Origin, of *conf.Origin) (*Site, error) {
	c := &all.Sites[number]
	s := &Site{Name: c.Name, Number: number, Origin: o, exact: make(map[string]*Rule)}
	host := ""
	if of != nil {
		host = of.Host
		s.Connections = of.MaxConnections
	}
	rest, err := compileRule("/**", &c.Rule, host, all.Node.ID)
	if err != nil {
		return nil, err
	}
	s.rest = rest
	if len(c.Purge.Allow) > 0 {
		s.Purging = &c.Purge
	}
	for i := range c.Paths {
		r, err := compileRule(c.Paths[i].Pattern, &c.Paths[i].Rule, host, all.Node.ID)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", c.Paths[i].Pattern, err)
		}
		if r.pattern.rest == "" {
			s.exact[r.pattern.text] = r
		} else {
			s.globs = append(s.globs, r)
		}
	}
	sortRules(s.globs)
	s.walls = wallsOf(s)
	return s, nil
}

// Rule returns the most specific rule for a path. It allocates only if the path has escapes
// and more than 512 bytes.
//
// If a character may stand in a path as it is, its escape is matched as that character:
// %40 as "@". Most origins take the two for the same. Otherwise another spelling would get
// around a rule that keeps a path out of the cache.
func (s *Site) Rule(path []byte) *Rule {
	if bytes.IndexByte(path, '%') >= 0 {
		var buf [512]byte
		path = message.AppendUnescaped(buf[:0], path)
	}
	if len(s.exact) > 0 {
		if r, ok := s.exact[string(path)]; ok {
			return r
		}
	}
	for _, r := range s.globs {
		if r.pattern.match(path) {
			return r
		}
	}
	return s.rest
}

// Elsewhere reports whether the origin may take u for a path that another rule than r is
// for, or for a path behind a wall (see walls). r is the rule for u as it is written. If the
// pattern of r has no star, or has ";" in it, the rule is meant for that spelling, and
// Elsewhere reports false. It allocates only if the path has more than 512 bytes.
func (s *Site) Elsewhere(u *message.URL, r *Rule) bool {
	if r.pattern.spelled() {
		return false
	}
	if s.walls.before(u.Path, r) {
		return true
	}
	if !u.Ambiguous {
		return false
	}
	var room [512]byte
	for n := range message.Readings {
		reading := message.AppendReading(room[:0], u.Path, n)
		if s.Rule(reading) != r || s.walls.before(reading, r) {
			return true
		}
	}
	return false
}
