package conf

import "sync"

// setting is all there is to know of one setting: reading, checks, defaults
// and the reference in README.md come from it.
type setting struct {
	name    string
	value   string // the default, as a conf file would give it; empty: see absent
	absent  string // what it is without being given, in words, where value is empty
	meaning string // for the reference

	must  bool     // has to be given
	words []string // for text: all that it may be
	blank bool     // for text: may be empty
	fold  bool     // for lists: texts that differ in case only are the same

	least, most float64 // for numbers (durations in nanoseconds); most 0: no limit
	above       bool    // more than least, not least itself

	check      func(string) *fault // for text, each text of a list, each key of a map
	checkValue func(string) *fault // for each value of a map
	storing    bool                // says how to store, and so contradicts cache = "off"

	field func(target any) any // the pointer to the field that takes the value
}

// section is all there is to know of one kind of block.
type section struct {
	kind     string
	as       string // its name in the reference; empty: kind
	label    string // what its label is; empty: it has none
	once     bool   // at most one stands in its parent; of those at top level, in all files
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

// names are all that may stand in the section.
func (s *section) names() (all []string) {
	for _, c := range s.settings {
		all = append(all, c.name)
	}
	for _, c := range s.sections {
		all = append(all, c.kind)
	}
	return all
}

// at makes a typed field function fit for a setting.
func at[T any](field func(*T) any) func(any) any {
	return func(target any) any { return field(target.(*T)) }
}

// atRule is at for settings that stand in sites and paths alike.
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

// defaults gives blank targets of a section, with every default in them. The
// defaults are read once, as if they stood in a file.
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
