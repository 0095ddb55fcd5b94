package conf

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// block is a block as the file has it: kind "label" { attributes, blocks }. The root of a
// file is a block without kind.
type block struct {
	kind       string
	at         hcl.Range // of the kind
	dir        string    // of the file
	labels     []hclsyntax.Expression
	attributes []*attribute
	blocks     []*block
}

// attribute is a setting as the file has it: name = value.
type attribute struct {
	name  string
	at    hcl.Range // of the name
	value hclsyntax.Expression
}

// attribute returns nil if there is none of that name.
func (b *block) attribute(name string) *attribute {
	for _, a := range b.attributes {
		if a.name == name {
			return a
		}
	}
	return nil
}

func (b *block) gives(name string) bool { return b.attribute(name) != nil }
