package conf

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
)

// decoder turns blocks as written into the structs of config.go.
type decoder struct {
	faults
}

// fill sets the fields of target to the settings of b, and returns b's blocks by
// kind. Anything that s does not allow is a fault.
func (d *decoder) fill(b *block, s *section, target any) map[string][]*block {
	for _, a := range b.attributes {
		c := s.setting(a.name)
		if c == nil {
			d.add(d.unknownSetting(a, s))
			continue
		}
		if f := d.assign(c, a, target); f != nil {
			d.add(f.of(a.name))
		}
	}
	for _, c := range s.settings {
		if c.must && !b.gives(c.name) {
			d.add(wrong("%s lacks %q", s.kind, c.name).in(b.at).hinted("%s", example(c)))
		}
	}
	return d.children(b, s)
}

func (d *decoder) children(b *block, s *section) map[string][]*block {
	children := make(map[string][]*block, len(s.sections))
	for _, child := range b.blocks {
		c := s.section(child.kind)
		if c == nil {
			d.add(d.unknownBlock(child, s))
			continue
		}
		if f := wrongLabels(child, c); f != nil {
			d.add(f)
			continue
		}
		if c.once && len(children[c.kind]) > 0 {
			d.add(wrong("%q is written twice", c.kind).in(child.at).before(children[c.kind][0].at))
			continue
		}
		children[c.kind] = append(children[c.kind], child)
	}
	return children
}

func wrongLabels(b *block, s *section) *fault {
	switch {
	case s.label == "" && len(b.labels) > 0:
		return wrong("%q takes no label", s.kind).in(b.labels[0].Range()).hinted("write %s { ... }", s.kind)
	case s.label != "" && len(b.labels) == 0:
		return wrong("%q lacks its %s", s.kind, s.label).in(b.at).hinted("write %s %q { ... }", s.kind, exampleLabel(s))
	case len(b.labels) > 1:
		return wrong("%q takes one label, its %s", s.kind, s.label).in(b.labels[1].Range())
	}
	return nil
}

func exampleLabel(s *section) string {
	switch s.label {
	case "URL":
		return "http://127.0.0.1:9000"
	case "pattern":
		return "/images/**"
	}
	return "main"
}

func example(c *setting) string {
	switch c.name {
	case "hosts":
		return `for all hosts, write hosts = ["*"]`
	case "address":
		return `for example, address = "127.0.0.1:8080"`
	case "to":
		return `for example, to = "https://{host}{path}?{query}"`
	}
	return ""
}

func (d *decoder) unknownSetting(a *attribute, s *section) *fault {
	f := wrong("unknown setting %q", a.name).in(a.at)
	if s.section(a.name) != nil {
		return wrong("%q is a block", a.name).in(a.at).hinted("write it without \"=\": %s { ... }", a.name)
	}
	return d.alternative(f, a.name, s, true)
}

func (d *decoder) unknownBlock(b *block, s *section) *fault {
	f := wrong("unknown block %q", b.kind).in(b.at)
	if s.setting(b.kind) != nil {
		return wrong("%q is a setting", b.kind).in(b.at).hinted("write it with \"=\": %s = ...", b.kind)
	}
	return d.alternative(f, b.kind, s, false)
}

// alternative suggests a similar name, or the block to which the name itself belongs.
func (d *decoder) alternative(f *fault, name string, s *section, setting bool) *fault {
	if d.full() {
		return f
	}
	if right := nearest(name, s.names()); right != "" {
		return f.meant(right)
	}
	if home := homeOf(name, setting); home != nil && home != s {
		if home == rootSection {
			return f.hinted("%q belongs at top level", name)
		}
		return f.hinted("%q belongs in a block %q", name, home.kind)
	}
	return f
}

// homeOf returns the only section that has a setting or block called name; nil if
// there is none or more than one.
func homeOf(name string, setting bool) *section {
	var home *section
	for _, s := range everySection() {
		if (setting && s.setting(name) != nil) || (!setting && s.section(name) != nil) {
			if home != nil {
				return nil
			}
			home = s
		}
	}
	return home
}

// label returns the text of b's label.
func (d *decoder) label(b *block, check func(string) *fault) (string, hcl.Range, bool) {
	at := b.labels[0].Range()
	text, f := readText(b.labels[0])
	if f == nil {
		if f = check(text); f != nil {
			f.in(at)
		}
	}
	if f != nil {
		d.add(f)
		return strconv.Quote(text), at, false
	}
	return text, at, true
}
