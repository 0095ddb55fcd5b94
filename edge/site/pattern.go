package site

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// pattern is the path of a rule: "*" matches within a segment, "**" across
// segments, everything else itself.
type pattern struct {
	text    string
	literal string // what stands before the first "*"
	rest    string // from the first "*" on; empty: the pattern is exact
}

func parsePattern(text string) pattern {
	i := strings.IndexByte(text, '*')
	if i < 0 {
		return pattern{text: text, literal: text}
	}
	return pattern{text: text, literal: text[:i], rest: text[i:]}
}

// match reports whether p matches the whole path. It does not allocate.
func (p *pattern) match(path []byte) bool {
	if len(path) < len(p.literal) || string(path[:len(p.literal)]) != p.literal {
		return false
	}
	return matchGlob(p.rest, path[len(p.literal):])
}

// extension returns the file name extension of all paths that p matches, in lower
// case: letters and digits, a letter among them. "" for none, and for a pattern
// without a star, which names one file that the operator knows.
func (p *pattern) extension() string {
	dot := strings.LastIndexByte(p.text, '.')
	if p.rest == "" || dot < 0 {
		return ""
	}
	letters := false
	end := strings.ToLower(p.text[dot+1:])
	for i := range len(end) {
		letter := 'a' <= end[i] && end[i] <= 'z'
		if !letter && (end[i] < '0' || end[i] > '9') {
			return ""
		}
		letters = letters || letter
	}
	if !letters {
		return ""
	}
	return end
}

// spelled reports whether p is for one spelling of a path, whatever page a server finds
// there.
func (p *pattern) spelled() bool { return p.rest == "" || strings.IndexByte(p.text, ';') >= 0 }

// matchGlob walks glob and s together and, on a mismatch, goes back to the
// last star that can take one byte more. Going back to the last "**" is enough
// once a later "*" has met a "/". The "**" then takes so much that the "*" begins
// behind the "/" that ends its segment: anywhere before that it has met the same
// "/". So the steps are at most the lengths of both, multiplied.
func matchGlob(glob string, s []byte) bool {
	var g, i int
	starG, starI := -1, 0 // behind the last "*", and what it has taken up to
	wideG, wideI := -1, 0 // the same for the last "**"
	first := 0            // where the first "*" behind that begins
	for i < len(s) {
		switch {
		case strings.HasPrefix(glob[g:], "**"):
			g += 2
			wideG, wideI = g, i
			starG = -1
			continue
		case g < len(glob) && glob[g] == '*':
			if starG < 0 {
				first = i
			}
			g++
			starG, starI = g, i
			continue
		case g < len(glob) && glob[g] == s[i]:
			g++
			i++
			continue
		}
		switch {
		case starG >= 0 && s[starI] != '/':
			starI++
			g, i = starG, starI
		case wideG >= 0:
			wideI++
			if starG >= 0 {
				wideI += bytes.IndexByte(s[first:], '/')
			}
			g, i = wideG, wideI
			starG = -1
		default:
			return false
		}
	}
	return strings.Trim(glob[g:], "*") == ""
}

// compareSpecificity orders patterns so that the first one that matches a path
// is the most specific: exact ones, then the longest literal prefix, then the
// longer pattern, then by text so that the order never depends on the file.
func compareSpecificity(a, b pattern) int {
	if (a.rest == "") != (b.rest == "") {
		if a.rest == "" {
			return -1
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(len(b.literal), len(a.literal)),
		cmp.Compare(strings.Count(a.rest, "**"), strings.Count(b.rest, "**")),
		cmp.Compare(len(b.rest), len(a.rest)),
		strings.Compare(a.text, b.text),
	)
}

func sortRules(rules []*Rule) {
	slices.SortFunc(rules, func(a, b *Rule) int { return compareSpecificity(a.pattern, b.pattern) })
}
