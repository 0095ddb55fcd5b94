package conf

import (
	"crypto/tls"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

var (
	fleetDefaults    = defaults[Fleet](fleetSection)
	fleetTLSDefaults = defaults[FleetTLS](fleetTLSSection)
	embeddedDefaults = defaults[Embedded](embeddedSection)
)

// fleet reads a fleet block, and returns the addresses on which its server listens.
func (d *decoder) fleet(b *block) (f *Fleet, ends []endpoint) {
	all := fleetDefaults()
	f = &all
	children := d.fill(b, fleetSection, f)
	if a := b.attribute("secret_file"); a != nil && f.SecretFile != "" {
		f.SecretFile = beside(b, f.SecretFile)
		f.Secret = d.tokenText(a, f.SecretFile)
	}
	if f.CredentialsFile != "" {
		f.CredentialsFile = beside(b, f.CredentialsFile)
		d.readable(b.attribute("credentials_file"), f.CredentialsFile)
	}
	for _, child := range children["tls"] {
		f.TLS = d.fleetTLS(child)
	}
	for _, child := range children["embedded"] {
		ends = d.embedded(child, f, b.gives("secret_file") || len(children["tls"]) > 0)
	}
	d.fleetParts(b, f, children["embedded"])
	return f, ends
}

// fleetParts checks settings of a fleet that depend on each other.
func (d *decoder) fleetParts(b *block, f *Fleet, embedded []*block) {
	nats, credentials := b.attribute("nats"), b.attribute("credentials_file")
	switch {
	case nats == nil && embedded == nil:
		d.add(wrong("fleet lacks its servers").in(b.at).hinted(`write nats = ["nats://127.0.0.1:4222"], or embedded { ... } for a server in this process`))
	case nats != nil && embedded != nil:
		d.add(wrong("\"nats\" has no meaning beside the block \"embedded\": the node connects to its own server").in(nats.at).before(embedded[0].at))
	case nats != nil && f.NATS != nil && len(f.NATS) == 0:
		d.add(wrong("nats: the list is empty").in(nats.value.Range()))
	}
	if credentials != nil && embedded != nil {
		d.add(wrong("\"credentials_file\" has no meaning with the block \"embedded\"").in(credentials.at).hinted("write secret_file = \"fleet.secret\""))
	}
	if credentials != nil && b.gives("secret_file") {
		d.add(wrong("\"credentials_file\" and \"secret_file\" are two ways to say who the node is").in(credentials.at).hinted("leave one of them out"))
	}
	if a := b.attribute("replicas"); a != nil {
		size := len(f.Embedded.Peers) + 1
		switch {
		case f.Replicas%2 == 0 && f.Replicas > 0:
			d.add(wrong("replicas: %d are no better than %d: most of them must agree", f.Replicas, f.Replicas-1).in(a.value.Range()))
		case embedded != nil && f.Replicas > size:
			d.add(wrong("replicas: %d are more than the servers of the hub, %d", f.Replicas, size).in(a.value.Range()))
		}
	}
	if f.Replicas == 0 {
		f.Replicas = min(3, len(f.Embedded.Peers)+1)
	}
}

func (d *decoder) embedded(b *block, f *Fleet, guarded bool) (ends []endpoint) {
	e := embeddedDefaults()
	d.fill(b, embeddedSection, &e)
	e.Store = beside(b, e.Store)
	for _, name := range [...]string{"address", "clients"} {
		a := b.attribute(name)
		if a == nil {
			continue
		}
		address := e.Address
		if name == "clients" {
			address = e.Clients
		}
		if address == "" {
			continue
		}
		end := endpointOf(address, a.value.Range())
		ends = append(ends, end)
		if !end.loopback() && !guarded {
			d.add(wrong("%s: %q can be reached from outside: without a secret anybody could purge", name, address).in(end.at).
				hinted(`add secret_file = "fleet.secret" to the fleet block, or a block "tls"`))
		}
	}
	if a := b.attribute("peers"); a != nil {
		e.Peers = slices.DeleteFunc(e.Peers, func(peer string) bool { return peer == e.Address })
		switch {
		case !b.gives("address"):
			d.add(wrong("\"peers\" has no meaning without \"address\", where they reach this one").in(a.at))
		case len(e.Peers)%2 == 1:
			d.add(wrong("peers: a hub of %d servers is no better than one of %d: most of them must agree", len(e.Peers)+1, len(e.Peers)).in(a.value.Range()).
				hinted("three are enough for any fleet; the other nodes connect to them"))
		}
	}
	f.Embedded = e
	return ends
}

func (d *decoder) fleetTLS(b *block) FleetTLS {
	t := fleetTLSDefaults()
	d.fill(b, fleetTLSSection, &t)
	files := []*string{&t.CAFile, &t.CertFile, &t.KeyFile}
	contents := []*[]byte{&t.CA, &t.Cert, &t.Key}
	for i, name := range [...]string{"ca", "cert", "key"} {
		a := b.attribute(name)
		if a == nil || *files[i] == "" {
			continue
		}
		*files[i] = beside(b, *files[i])
		if name == "ca" {
			*contents[i] = d.authorities(a, *files[i])
		} else {
			*contents[i] = d.readable(a, *files[i])
		}
	}
	if t.Cert != nil && t.Key != nil {
		if _, err := tls.X509KeyPair(t.Cert, t.Key); err != nil {
			d.add(wrong("cert: the certificate and the key do not fit").in(b.attribute("cert").value.Range()))
		}
	}
	return t
}

// readable reads a file and does not check its contents.
func (d *decoder) readable(a *attribute, name string) []byte {
	text, err := readFile(name, maxAuthorities)
	if err != nil {
		d.add(wrong("%s: %s", name, reason(err)).in(a.value.Range()).of(a.name))
	}
	return text
}

// checkNATS accepts the URL of a NATS server.
func checkNATS(text string) *fault {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Opaque != "" {
		f := wrong("this is not the URL of a NATS server")
		if host, port, err := net.SplitHostPort(text); err == nil && checkServerHost(host) == nil && checkPort(port, 1) == nil {
			return f.meant(strconv.Quote("nats://" + text))
		}
		return f.hinted(`it is written like "nats://10.0.0.5:4222"`)
	}
	switch {
	case u.Scheme != "nats" && u.Scheme != "tls":
		return wrong("the scheme of a NATS server is nats or tls, not %q", u.Scheme)
	case u.User != nil:
		return wrong("the URL holds a user or a password").hinted("write secret_file or credentials_file") // not shown: it is a secret
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return wrong("%q: a server has no path, only scheme, host and port", text)
	case u.Port() != "":
		if f := checkPort(u.Port(), 1); f != nil {
			return f
		}
	}
	return checkServerHost(strings.ToLower(u.Hostname()))
}

// checkReached accepts host:port to listen on, if other machines can connect to it by
// that text.
func checkReached(text string) *fault {
	if f := checkAddress(text); f != nil {
		return f
	}
	if _, port, _ := net.SplitHostPort(text); endpointOf(text, hcl.Range{}).port == "0" {
		return wrong("%q: port %s is a different one at each start", text, port)
	}
	return nil
}

// checkPeer accepts host:port to connect to.
func checkPeer(text string) *fault {
	if f := checkReached(text); f != nil {
		return f
	}
	host, _, _ := net.SplitHostPort(text)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		return wrong("%q is no address to connect to: the host is missing", text)
	}
	return nil
}
