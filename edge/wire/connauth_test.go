package wire

import "testing"

// RFC 9110 section 11.6.1 and RFC 4559 section 4
func TestConnectionAuth(t *testing.T) {
	f := func(want bool, values ...string) {
		t.Helper()
		var fields Fields
		fields.Append([]byte("X"), []byte("NTLM"))
		for _, v := range values {
			fields.Append([]byte("www-authenticate"), []byte(v))
		}
		if got := ConnectionAuth(&fields, WWWAuthenticate); got != want {
			t.Errorf("%q: %v", values, got)
		}
	}
	f(false)
	f(false, "")
	f(false, "Basic realm=\"NTLM, Negotiate\"")
	f(false, "Basic realm=Negotiate, charset=\"UTF-8\"")
	f(false, "Digest ntlm=1, negotiate=2")
	f(false, "NTLMv2 x")
	f(false, "Bearer Negotiate")
	f(true, "NTLM")
	f(true, "ntlm TlRMTVNTUAABAAAA")
	f(true, "Negotiate YIIGhgYGKwYBBQUC==")
	f(true, "NEGOTIATE\tYII=")
	f(true, "Basic realm=\"a, b\", Negotiate")
	f(true, "Negotiate, Basic realm=\"x\"")
	f(true, "Basic realm=x", "Negotiate", "NTLM")
}
