package message

// URL is a request's target in the one form that routing, cache key, purge and
// origin all use.
//
// INVARIANT: what rules match is what is forwarded: Target is sent to the
// origin byte for byte.
type URL struct {
	Scheme  string // "http" or "https"
	Host    []byte // lower case; with ":port" unless it is the scheme's default port
	Name    []byte // Host without port, without a final dot: what sites are found by
	Target  []byte // Path, and "?" and the query if there is one; "*" for OPTIONS *
	Path    []byte // begins with "/"; dot segments removed, unreserved characters decoded, escapes in upper case
	Query   []byte // without "?"; nil if there was no "?", empty if nothing followed it
	Suspect bool   // the path holds an escaped slash, backslash, NUL or control, or an empty segment: never stored
}
