package origin

import (
	"errors"
	"fmt"
)

// ErrIncomplete is wrapped by every error of Response.Next but io.EOF: the content is
// not whole.
var ErrIncomplete = errors.New("response is incomplete")

// errClosed is the error of Next after Close.
var errClosed error = &Error{Kind: Cancelled, Err: fmt.Errorf("%w: it was closed", ErrIncomplete)}

// Kind is why a fetch failed. Its String is the error type of RFC 9209 section
// 2.3, but for the last three, and a metric label.
type Kind uint8

const (
	DNSError               Kind = iota // the name has no address, or the look-up failed
	DNSTimeout                         // the look-up took too long
	DestinationProhibited              // the name leads to an address that it may not lead to
	DestinationUnroutable              // no way to the address
	ConnectionRefused                  // nothing listens at the address
	ConnectionTimeout                  // connecting or the TLS handshake took too long
	ConnectionTerminated               // the connection ended before the response began
	ConnectionReadTimeout              // the content stalled
	ConnectionWriteTimeout             // the request could not be sent in time
	ConnectionLimit                    // the queue is full, or the wait in it was too long
	NoDescriptors                      // the process has no file descriptor left for a connection; not of RFC 9209
	TLSProtocol                        // the handshake failed
	TLSCertificate                     // the server's certificate does not prove who it is
	TLSAlert                           // the server ended the handshake with an alert
	RequestError                       // the request's own body failed
	ResponseIncomplete                 // the response was cut off
	ResponseHeaderSize                 // the head of the response is over the limit
	ResponseTransferCoding             // the chunked coding is malformed
	ResponseTimeout                    // no response head in time
	UpgradeFailed                      // 101 that does not fit what was asked
	ProtocolError                      // the response is not HTTP/1.1, or ambiguous
	SlowClient                         // others waited for a connection, and the client was slow
	Unwanted                           // others waited for a connection, and nobody waited for the response
	Cancelled                          // the caller's context ended; not of RFC 9209, as nobody is left to tell
	KindCount
)

// kinds holds the word and the status code of each kind, the latter as RFC
// 9209 recommends it.
var kinds = [KindCount]struct {
	token  string
	status int
}{
	DNSError:               {"dns_error", 502},
	DNSTimeout:             {"dns_timeout", 504},
	DestinationProhibited:  {"destination_ip_prohibited", 502},
	DestinationUnroutable:  {"destination_ip_unroutable", 502},
	ConnectionRefused:      {"connection_refused", 502},
	ConnectionTimeout:      {"connection_timeout", 504},
	ConnectionTerminated:   {"connection_terminated", 502},
	ConnectionReadTimeout:  {"connection_read_timeout", 504},
	ConnectionWriteTimeout: {"connection_write_timeout", 504},
	ConnectionLimit:        {"connection_limit_reached", 503},
	NoDescriptors:          {"descriptors_exhausted", 503},
	TLSProtocol:            {"tls_protocol_error", 502},
	TLSCertificate:         {"tls_certificate_error", 502},
	TLSAlert:               {"tls_alert_received", 502},
	RequestError:           {"http_request_error", 502},
	ResponseIncomplete:     {"http_response_incomplete", 502},
	ResponseHeaderSize:     {"http_response_header_section_size", 502},
	ResponseTransferCoding: {"http_response_transfer_coding", 502},
	ResponseTimeout:        {"http_response_timeout", 504},
	UpgradeFailed:          {"http_upgrade_failed", 502},
	ProtocolError:          {"http_protocol_error", 502},
	SlowClient:             {"slow_client", 408},
	Unwanted:               {"unwanted", 503},
	Cancelled:              {"cancelled", 504},
}

// String returns the error type of RFC 9209.
func (k Kind) String() string { return kinds[k].token }

// Status is the status code to answer with: 502, 503 or 504, or 408 for SlowClient.
func (k Kind) Status() int { return kinds[k].status }

// Connected reports whether there was a connection: it is then the response,
// or the lack of one, that is at fault.
func (k Kind) Connected() bool {
	switch k {
	case ConnectionTerminated, ConnectionReadTimeout, ConnectionWriteTimeout, RequestError, ResponseIncomplete,
		ResponseHeaderSize, ResponseTransferCoding, ResponseTimeout, UpgradeFailed, ProtocolError:
		return true
	}
	return false
}

// Unreachable reports whether there was no answer: no connection could be made,
// or it ended, or the time ran out, before a response began.
func (k Kind) Unreachable() bool {
	switch k {
	case DNSError, DNSTimeout, DestinationUnroutable, ConnectionRefused, ConnectionTimeout, ConnectionTerminated,
		ConnectionWriteTimeout, ConnectionLimit, NoDescriptors, TLSProtocol, TLSCertificate, TLSAlert, ResponseTimeout:
		return true
	}
	return false
}

// ofServer reports whether a failure is counted against a server.
func (k Kind) ofServer() bool {
	return k < SlowClient && k != RequestError && k != ConnectionLimit && k != NoDescriptors
}

// Error is the failure of a fetch. Err describes it and wraps the cause. If Request.Body
// failed, errors.Is finds its error.
type Error struct {
	Kind   Kind
	Server string // scheme, host and port as configured; "" if none was chosen
	Err    error
}

func (e *Error) Error() string {
	if e.Server == "" {
		return fmt.Sprintf("%s: %v", e.Kind, e.Err)
	}
	return fmt.Sprintf("%s: %s: %v", e.Server, e.Kind, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// status is the status code to answer with.
func (e *Error) status() int { return e.Kind.Status() }
