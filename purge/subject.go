package purge

import "strings"

// Subject is what can be purged: an object, or a fetch that will make one.
type Subject struct {
	URL  ID
	Host string // as in its key text; the port makes no difference
	Path string // without query
	Site ID
	Tags []ID
}

// tags calls each with the ID of each tag until it reports false, and reports what
// it did last.
func (s *Subject) tags(each func(ID) bool) bool {
	for _, tag := range s.Tags {
		if !each(tag) {
			return false
		}
	}
	return true
}

// MaxDepth is how many segments the path of a prefix may have: those of a
// subject beyond are not looked up.
const MaxDepth = 32

// prefixes calls each with the ID of each prefix that covers the subject, from
// the shortest on, until it reports false.
func (s *Subject) prefixes(n Names, each func(ID) bool) {
	at := 0
	for range MaxDepth + 1 { // a slash before each segment, and one at the end
		i := strings.IndexByte(s.Path[at:], '/')
		if i < 0 {
			break
		}
		at += i
		if at > 0 && !each(n.Prefix(s.Host, s.Path[:at])) {
			return
		}
		at++
		if !each(n.Prefix(s.Host, s.Path[:at])) {
			return
		}
	}
	if at < len(s.Path) {
		each(n.Prefix(s.Host, s.Path))
	}
}

// stems calls each with the ID of each stem that covers the subject, from the
// shortest on, until it reports false.
func (s *Subject) stems(n Names, each func(ID) bool) {
	for end := range min(len(s.Path), maxStem) {
		if !each(n.Stem(s.Host, s.Path[:end+1])) {
			return
		}
	}
}

// Depth is how many segments the path of a prefix has, as MaxDepth counts them.
func Depth(path string) int { return strings.Count(path, "/") }
