package semantics

import "brink/edge/message"

// suspect reports whether a request goes past the cache because its path can be
// read in two ways: the origin may see another page there than the rule's pattern
// does. If the rules store literal paths, key and origin get each path as it is
// written.
func suspect(u *message.URL, rules *Rules) bool {
	return u.Suspect && !(u.Literal && rules.StoreLiteral)
}
