package conf

import "sync"

// setting describes one setting. The reader, the checks, the defaults and the reference
// in README.md all use it.
type setting struct {
	name    string
	value   string // the default, as a conf file would give it; empty: see absent
	absent  string // if value is empty: the default in words
	meaning string // for the reference

	must  bool     // there is no default
	words []string // for text: the allowed texts; nil: any
	blank bool     // for text: may be empty
	fold  bool     // for lists: texts that differ only in case are the same

	least, most float64 // for numbers (durations in nanoseconds); most 0: no limit
	above       bool    // more than least, not least itself

	check      func(string) *fault // for text, each text of a list, each key of a map
	checkValue func(string) *fault // for each value of a map
	storing    bool                // about storing: contradicts cache = "off"

	field func(target any) any // the pointer to the field that takes the value
}

// section describes one kind of block.
type section struct {
	kind     string
	as       string // its name in the reference; empty: kind
	label    string // what its label is; empty: it has none
	once     bool   // its parent may have only one; at top level: all files together
	meaning  string
	settings []*setting
	sections []*section
	zero     func() any // a target for the settings
}

func (s *section) setting(name string) *setting {
	for _, c := range s.settings {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (s *section) section(kind string) *section {
	for _, c := range s.sections {
		if c.kind == kind {
			return c
		}
	}
	return nil
}

// names returns the names of all settings and blocks that the section may have.
func (s *section) names() (all []string) {
	for _, c := range s.settings {
		all = append(all, c.name)
	}
	for _, c := range s.sections {
		all = append(all, c.kind)
	}
	return all
}

// at converts a typed field function to the type that setting.field has.
func at[T any](field func(*T) any) func(any) any {
	return func(target any) any { return field(target.(*T)) }
}

// atRule is at for settings that both sites and paths have.
func atRule(field func(*Rule) any) func(any) any {
	return func(target any) any {
		switch target := target.(type) {
		case *Site:
			return field(&target.Rule)
		case *Rule:
			return field(target)
		}
		panic("BUG: a rule's setting stands elsewhere")
	}
}

// defaults returns a function that makes targets of a section with every default set.
// The defaults are read once, as if a file had them.
func defaults[T any](s *section) func() T {
	return sync.OnceValue(func() T {
		target := s.zero().(*T)
		d := &decoder{}
		for _, c := range s.settings {
			if c.value == "" {
				continue
			}
			root, f := parse(&source{name: s.kind, text: []byte(c.name + " = " + c.value)})
			if f == nil {
				f = d.assign(c, root.attributes[0], target)
			}
			if f != nil {
				panic("BUG: the default of " + s.kind + "." + c.name + ": " + f.summary)
			}
		}
		return *target
	})
}

// everySection lists each section once, in the order of the reference.
func everySection() []*section {
	var all []*section
	var visit func(*section)
	visit = func(s *section) {
		for _, known := range all {
			if known == s {
				return
			}
		}
		all = append(all, s)
		for _, c := range s.sections {
			visit(c)
		}
	}
	visit(rootSection)
	return all
}
