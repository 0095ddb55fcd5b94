package message

// Transport is what the TLS handshake of a connection has settled. It is made once a
// connection and never changes.
type Transport struct {
	ServerName string      // the name that the client asked for (SNI), in lower case; empty: none
	Client     Certificate // the verdict on the client's certificate
}

// Certificate is the verdict on a client's certificate.
type Certificate uint8

const (
	NoCertificate    Certificate = iota // the client sent none, or was not asked for one
	ValidCertificate                    // it was checked, and is valid
	WrongCertificate                    // it was checked, and is not valid
)
