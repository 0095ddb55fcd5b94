// Command webhook receives the calls of a CMS about changed entries, and purges the tags
// of the pages that show these entries.
//
// The CMS signs each call with a secret that both know: X-Signature is the HMAC
// with SHA-256, in hex, of X-Timestamp (seconds since 1970), a dot and the body.
// The body is JSON: {"model":"article","entry":{"id":7}}. The origin sends
// "Surrogate-Key: article article-7" with each page that shows the entry.
package main
