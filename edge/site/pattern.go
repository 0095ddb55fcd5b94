package site

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// pattern matches the paths of a rule. "*" matches any bytes within a segment, "**" also
// across segments, and each other byte matches itself.
type pattern struct {
	text    string
	literal string // the text before the first "*"
	rest    string // the text from the first "*" on; empty: the pattern is exact
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

// extension returns the file name extension, in lower case, that all paths which p matches
// have. An extension is made of letters and digits, with at least one letter. It returns
// "" if there is none, and for a pattern without a star: the operator knows that file.
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

// spelled reports whether p is for paths as they are written. Other spellings, for which a
// server may send the same page, are then not its concern.
func (p *pattern) spelled() bool { return p.rest == "" || strings.IndexByte(p.text, ';') >= 0 }

// matchGlob reports whether glob matches all of s. It walks both together. On a mismatch it
// goes back to the last star that can take one more byte.
//
// A "*" that has met a "/" can take no more. The walk then goes back to the last "**",
// which takes at once all bytes up to that "/": if it took fewer, the "*" would meet the
// same "/" again. So the number of steps is at most the product of both lengths.
func matchGlob(glob string, s []byte) bool {
	var g, i int
	starG, starI := -1, 0 // the places behind the last "*", and behind the bytes that it has taken
	wideG, wideI := -1, 0 // the same for the last "**"
	first := 0            // the place in s where the first "*" behind that "**" begins
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

// compareSpecificity orders patterns so that the first one that matches a path is the most
// specific. Exact patterns come first, then those with the longest literal prefix, then
// those with fewer "**", then longer ones. Patterns that are alike in all this are ordered
// by their text, so that their order in the file does not count.
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
