package site

import (
	"bytes"
	"fmt"

	"brink/conf"
	"brink/edge/message"
	"brink/origin"
)

// Site is what is served for some hosts.
type Site struct {
	Name        string
	Number      int            // index in Tables.Sites and in metrics
	Origin      *origin.Origin // nil where every rule answers by itself
	Connections int            // the most that the origin gets; 0 where there is none
	Purging     *conf.Purge    // who may purge by requests; nil: nobody

	exact map[string]*Rule // by path
	globs []*Rule          // most specific first
	rest  *Rule            // the site's own settings, where no path matches
	walls *walls           // nil: none of these is one
}

// compileSite builds the site of this number. o and of are its origin and the settings of
// that; nil where every rule answers by itself.
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

// Rule finds the most specific rule for a path. It does not allocate, unless the
// path has escapes and is very long.
//
// An escape of a character that may stand in a path as it is, as %40 for "@", is
// matched as that character: most origins read the two alike, and a rule that
// keeps a path out of the cache must not be dodged by another spelling.
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

// Elsewhere reports whether a server may read a path in u that another rule than r
// matches, or may take u to be behind a wall (see walls). r is the rule that matches
// u. If r is for one path alone, or has ";" in its pattern, it is for the path as written,
// and Elsewhere reports false. It does not allocate, unless the path is very long.
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
