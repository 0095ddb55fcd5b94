package origin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// lookup finds the addresses of a name.
type lookup func(ctx context.Context, host string) ([]netip.Addr, error)

func systemLookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// failureMemory is how long a failed look-up, where no answer is known yet,
// stands for the next ones.
const failureMemory = time.Second

// endpoint is where a server is: an address, or a name and the last good answer
// for it. Its methods may be called from any goroutine.
type endpoint struct {
	host   string
	port   uint16
	find   lookup // nil: host is an address
	guard  bool   // prohibited addresses are refused
	answer atomic.Pointer[[]netip.AddrPort]

	mu     sync.Mutex
	failed *Error // of the last look-up, while there is no answer
	until  time.Time
}

// newEndpoint makes an endpoint of a host and port as configured. A literal address,
// and the name localhost, may lead anywhere: somebody wrote them on purpose.
func newEndpoint(host, port string, find lookup, allowPrivate bool) (*endpoint, error) {
	n, err := net.LookupPort("tcp", port)
	if err != nil {
		return nil, fmt.Errorf("read the port %q: %w", port, err)
	}
	p := &endpoint{host: host, port: uint16(n), find: find}
	if a, err := netip.ParseAddr(host); err == nil {
		p.find = nil
		p.answer.Store(&[]netip.AddrPort{netip.AddrPortFrom(a.Unmap(), p.port)})
		return p, nil
	}
	name := strings.TrimSuffix(host, ".")
	p.guard = !allowPrivate && !strings.EqualFold(name, "localhost")
	return p, nil
}

// addresses returns where to connect to, looking the name up if that has not
// been done with success. The slice must not be written to. The error has no
// server.
func (p *endpoint) addresses(ctx context.Context) ([]netip.AddrPort, *Error) {
	answer := p.answer.Load()
	if answer == nil {
		if _, err := p.refresh(ctx, failureMemory); err != nil {
			return nil, err
		}
		answer = p.answer.Load()
	}
	if !p.guard {
		return *answer, nil
	}
	allowed := slices.DeleteFunc(slices.Clone(*answer), func(a netip.AddrPort) bool { return prohibited(a.Addr()) })
	if len(allowed) == 0 {
		return nil, &Error{Kind: DestinationProhibited, Err: fmt.Errorf(
			"%s resolves to %s, which is not a public address: set allow_private = true in the origin block if that is meant",
			p.host, (*answer)[0].Addr())}
	}
	return allowed, nil
}

// refresh looks the name up and reports whether the answer is another one. A
// look-up that fails changes nothing; for a positive memory its error is given
// to those who ask within that time.
func (p *endpoint) refresh(ctx context.Context, memory time.Duration) (changed bool, failure *Error) {
	if p.find == nil {
		return false, nil
	}
	if failure := p.remembered(memory); failure != nil {
		return false, failure
	}
	found, err := p.find(ctx, p.host)
	if err == nil && len(found) == 0 {
		err = errors.New("the name has no address")
	}
	if err != nil {
		return false, p.remember(p.lookupError(ctx, err))
	}
	answer := make([]netip.AddrPort, len(found))
	for i, a := range found {
		answer[i] = netip.AddrPortFrom(a.Unmap(), p.port)
	}
	old := p.answer.Load()
	if old != nil && slices.Equal(*old, answer) {
		return false, nil
	}
	p.answer.Store(&answer)
	return true, nil
}

func (p *endpoint) remembered(memory time.Duration) *Error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if memory > 0 && p.failed != nil && time.Now().Before(p.until) {
		return p.failed
	}
	return nil
}

// remember keeps err, unless it is not about the name: the caller gave up, or the
// process has no descriptor left.
func (p *endpoint) remember(err *Error) *Error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err.Kind != Cancelled && err.Kind != NoDescriptors {
		p.failed, p.until = err, time.Now().Add(failureMemory)
	}
	return err
}

func (p *endpoint) lookupError(ctx context.Context, err error) *Error {
	kind := DNSError
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		kind = NoDescriptors
	case errors.Is(ctx.Err(), context.Canceled):
		kind = Cancelled
	case ctx.Err() != nil, errors.As(err, &dns) && dns.IsTimeout:
		kind = DNSTimeout
	}
	return &Error{Kind: kind, Err: fmt.Errorf("look up %s: %w", p.host, err)}
}

// hasAddress reports whether a is still one of the addresses.
func (p *endpoint) hasAddress(a netip.AddrPort) bool {
	answer := p.answer.Load()
	return answer != nil && slices.Contains(*answer, a)
}
