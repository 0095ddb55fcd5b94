package store

import (
	"sort"
	"unsafe"
)

const (
	// slotOverhead is what a slot takes, with its entries in the RAM tier's
	// two tables.
	slotOverhead = 256
	// objectOverhead is what an object takes besides what it points to.
	objectOverhead = int64(unsafe.Sizeof(Object{})) + slotOverhead
	// fillOverhead is what a fill takes besides the body: itself, its
	// channels, its entries in the tables.
	fillOverhead = 1024
)

// sizeClasses are the sizes in which Go's allocator gives out small blocks.
var sizeClasses = [...]int{
	8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448,
	480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096,
	4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432,
	19072, 20480, 21760, 24576, 27264, 28672, 32768,
}

// sizeClass returns the bytes of memory that a block of n bytes takes.
func sizeClass(n int) int64 {
	const page = 8192
	if n > sizeClasses[len(sizeClasses)-1] {
		return int64((n + page - 1) / page * page)
	}
	if n == 0 {
		return 0
	}
	return int64(sizeClasses[sort.SearchInts(sizeClasses[:], n)])
}

// cost is the memory that o holds, in bytes. A body that it shares with
// another object counts in full.
func (o *Object) cost() int64 {
	n := objectOverhead + sizeClass(len(o.Text)) + int64(o.Head.Size()) + selectorSize(o.Selector)
	for _, run := range o.Body {
		n += sizeClass(len(run)) + 24
	}
	n += sizeClass(16 * len(o.Tags))
	if o.Partial != nil {
		n += int64(unsafe.Sizeof(Partial{}))
	}
	if o.Variants != nil {
		n += o.Variants.cost()
	}
	return n
}

func (v *Variants) cost() int64 {
	n := int64(unsafe.Sizeof(Variants{})) + 16*int64(cap(v.Keys))
	for _, sel := range v.Selectors {
		n += selectorSize(sel)
	}
	if v.Plain != nil {
		n += v.Plain.cost()
	}
	return n
}

func selectorSize(sel Selector) int64 {
	n := int64(24)
	for _, name := range sel {
		n += sizeClass(len(name)) + 16
	}
	return n
}
