package message

// maxDetail is how many bytes a detail may have: it goes to clients and logs.
const maxDetail = 100

// DetailOf returns a text as CacheStatus.Detail holds it: a copy of its first bytes,
// with a question mark for each that is not printable ASCII.
func DetailOf[T ~string | ~[]byte](text T) string {
	detail := []byte(text[:min(len(text), maxDetail)])
	for i, c := range detail {
		if c < 0x20 || c > 0x7e {
			detail[i] = '?'
		}
	}
	return string(detail)
}
