package semantics

import "brink/edge/message"

// suspect reports whether the cache stays out of a path because it can be read
// in two ways: then the origin may see another page there than the rule's
// pattern does. Where the rules store literal paths, each stands for itself as
// it is written, in the key and for the origin.
func suspect(u *message.URL, rules *Rules) bool {
	return u.Suspect && !(u.Literal && rules.StoreLiteral)
}
