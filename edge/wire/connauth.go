package wire

// ConnectionAuth reports whether a field of f called id, which is one of
// credentials or of challenges (RFC 9110 section 11), speaks NTLM or Negotiate.
// These authenticate the connection, and with it all later requests, and not
// the one request (RFC 4559 section 6). It does not allocate.
func ConnectionAuth(f *Fields, id Name) bool {
	for i := f.First(id); i >= 0; i = f.Next(i) {
		l := NewList(f.List[i].Value)
		for item, ok := l.Next(); ok; item, ok = l.Next() {
			if scheme := firstWord(item); EqualFold(scheme, "NTLM") || EqualFold(scheme, "Negotiate") {
				return true
			}
		}
	}
	return false
}

// firstWord returns b up to the first white space.
func firstWord(b []byte) []byte {
	for i, c := range b {
		if IsSpace(c) {
			return b[:i]
		}
	}
	return b
}
