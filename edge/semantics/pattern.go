package semantics

import (
	"strings"

	"brink/edge/wire"
)

// The patterns of the conf: names, or the beginning of names and "*".

// listsField reports whether one of the patterns is for a field called name,
// whatever its case.
func listsField(patterns []string, name []byte) bool {
	for _, p := range patterns {
		if matchesField(p, name) {
			return true
		}
	}
	return false
}

func matchesField(pattern string, name []byte) bool {
	if stem, prefix := strings.CutSuffix(pattern, "*"); prefix {
		return len(name) >= len(stem) && wire.EqualFold(name[:len(stem)], stem)
	}
	return wire.EqualFold(name, pattern)
}

// listsCookie is listsField for names of cookies, which have case.
func listsCookie(patterns []string, name []byte) bool {
	for _, p := range patterns {
		if matchesCookie(p, name) {
			return true
		}
	}
	return false
}

func matchesCookie(pattern string, name []byte) bool {
	if stem, prefix := strings.CutSuffix(pattern, "*"); prefix {
		return len(name) >= len(stem) && string(name[:len(stem)]) == stem
	}
	return string(name) == pattern
}

// listsParameter is listsField for the parameter of a query, its escapes decoded.
func listsParameter(patterns []string, param []byte) bool {
	name, _ := cutByte(param, '=')
	for _, p := range patterns {
		if stem, prefix := strings.CutSuffix(p, "*"); matchesParameter(name, stem, prefix) {
			return true
		}
	}
	return false
}
