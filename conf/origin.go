package conf

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

var (
	originDefaults = defaults[Origin](originSection)
	tlsDefaults    = defaults[TLS](tlsSection)
)

func (d *decoder) origin(b *block) Origin {
	o := originDefaults()
	children := d.fill(b, originSection, &o)
	o.Name, _, _ = d.label(b, checkName)

	first := make(map[string]hcl.Range)
	for _, child := range children["server"] {
		s, ok := d.server(child)
		if !ok {
			continue
		}
		at, place := child.labels[0].Range(), s.Scheme+" "+s.Host+" "+s.Port
		if earlier, twice := first[place]; twice {
			d.add(wrong("server: %q is written twice", s.URL).in(at).before(earlier))
		}
		first[place] = at
		o.Servers = append(o.Servers, s)
	}
	if len(children["server"]) == 0 {
		d.add(wrong("origin lacks a server").in(b.at).hinted(`for example server "http://127.0.0.1:9000" {}`))
	}
	o.TLS = tlsDefaults()
	for _, child := range children["tls"] {
		o.TLS = d.tls(child)
	}
	return o
}

func (d *decoder) tls(b *block) TLS {
	t := tlsDefaults()
	d.fill(b, tlsSection, &t)
	if t.Insecure && b.gives("ca_file") {
		d.add(wrong("\"ca_file\" has no meaning with insecure = true: nothing is verified").in(b.attribute("ca_file").at).
			detailed("insecure is set at %s", position(b.attribute("insecure").at)))
	}
	if t.CAFile != "" {
		t.CAFile = beside(b, t.CAFile)
		t.CA = d.authorities(b.attribute("ca_file"), t.CAFile)
	}
	t.ServerName = strings.ToLower(t.ServerName)
	return t
}
