package site

import (
	"bytes"
	"slices"
	"strings"
)

// walls knows the walls of a site. A wall is a rule that keeps the responses of one user
// from others, or out of the cache: it has cache = "off", or more cookies or fields in its
// key than another rule, or more conditions in its bypass block.
//
// An origin may send the page behind a wall for a path that another rule is for, because
// servers take different paths for the same page:
//
//   - Express, IIS and Windows ignore the case of letters.
//   - Express and Rails drop a slash at the end.
//   - Rails and Spring drop an extension.
//   - PHP and CGI programs take the path behind their name as a parameter, and front
//     controllers take it as the page.
//   - ASP.NET keeps sessions in segments like (S(id)).
//
// Only walls matter here. Two rules that store for all users differ only in how long they
// do. The patterns of walls are in lower case.
type walls struct {
	rules   Site // all rules of the site, as any may be more specific than a wall
	capital bool // the pattern of a wall has capitals
}

// wallsOf returns the walls of s, nil if there are none.
func wallsOf(s *Site) *walls {
	w := &walls{rules: Site{exact: make(map[string]*Rule), rest: s.rest}}
	found := isWall(s.rest)
	add := func(r *Rule) {
		folded := *r
		folded.pattern = parsePattern(strings.ToLower(r.pattern.text))
		if isWall(r) {
			found = true
			w.capital = w.capital || folded.pattern.text != r.pattern.text
		}
		if r.pattern.rest != "" {
			w.rules.globs = append(w.rules.globs, &folded)
		} else if other := w.rules.exact[folded.pattern.text]; other == nil || stricter(r, other) {
			w.rules.exact[folded.pattern.text] = &folded
		}
	}
	for _, r := range s.exact {
		add(r)
	}
	for _, r := range s.globs {
		add(r)
	}
	if !found {
		return nil
	}
	sortRules(w.rules.globs)
	return w
}

// before reports whether an origin may take a path, for which r is the rule, for one behind
// a wall. It allocates only if the path has more than 512 bytes.
func (w *walls) before(path []byte, r *Rule) bool {
	if w == nil || r.Semantics.Off {
		return false
	}
	var room [512]byte
	lower := room[:0]
	capital, dot := w.capital, -1
	for i, c := range path {
		switch {
		case 'A' <= c && c <= 'Z':
			capital = true
			c |= 0x20
		case c == '.':
			dot = i
		case c == '/':
			dot = -1
		}
		lower = append(lower, c)
	}
	end := len(lower) - 1
	return capital && stricter(w.rules.Rule(lower), r) ||
		end > 0 && lower[end] == '/' && w.alone(lower[:end], r) ||
		dot > 0 && w.alone(lower[:dot], r) ||
		w.programs(lower, r) || w.sessions(lower, r)
}

// isWall reports whether a rule can be stricter than another.
func isWall(r *Rule) bool {
	return stricter(r, new(Rule))
}

// stricter reports whether rule a keeps responses apart that rule b shares.
func stricter(a, b *Rule) bool {
	x, y := &a.Semantics, &b.Semantics
	return x.Off && !y.Off || !within(x.Key.Cookies, y.Key.Cookies) || !within(x.Key.Headers, y.Key.Headers) ||
		!within(x.Bypass.Cookies, y.Bypass.Cookies) || !within(x.Bypass.Headers, y.Bypass.Headers) || !within(x.Bypass.Query, y.Bypass.Query)
}

func within(part, whole []string) bool {
	for _, s := range part {
		if !slices.Contains(whole, s) {
			return false
		}
	}
	return true
}

// byPath reports whether a wall is for a path in lower case. The site's own settings do not
// count.
func (w *walls) byPath(lower []byte, r *Rule) bool {
	found := w.rules.Rule(lower)
	return found != w.rules.rest && stricter(found, r)
}

// alone reports whether a wall is for exactly this path.
func (w *walls) alone(lower []byte, r *Rule) bool {
	found := w.rules.exact[string(lower)]
	return found != nil && stricter(found, r)
}

// programs reports whether a wall is for the first program in the path, such as /index.php
// in /index.php/account, or for the path behind it. A later program does not run.
func (w *walls) programs(lower []byte, r *Rule) bool {
	for at := 0; ; {
		end := bytes.IndexByte(lower[at+1:], '/')
		if end < 0 {
			return false
		}
		end += at + 1
		segment := lower[at:end]
		if isProgram(segment[bytes.LastIndexByte(segment, '.')+1:]) {
			return stricter(w.rules.Rule(lower[:end]), r) || w.byPath(lower[end:], r)
		}
		at = end
	}
}

func isProgram(extension []byte) bool {
	switch string(extension) {
	case "php", "phtml", "php5", "php7", "asp", "aspx", "ashx", "asmx", "cfm", "cgi", "pl", "py", "rb":
		return true
	}
	return false
}

// sessions reports whether a wall is for the path without its first segment, if that holds
// the session of an ASP.NET application: /account in /(S(id))/account.
func (w *walls) sessions(lower []byte, r *Rule) bool {
	if len(lower) < 2 || lower[1] != '(' {
		return false
	}
	end := bytes.IndexByte(lower[1:], '/') + 1
	return end > 1 && lower[end-1] == ')' && w.byPath(lower[end:], r)
}
