//go:build invariants

package store

// invariants says whether costly checks are built in.
const invariants = true

// checkObject panics if o is not fit to be stored.
func checkObject(o *Object) {
	if o.Text == "" {
		panic("BUG: object without key text")
	}
	if o.Variants != nil || o.OnDisk() && o.Location() != nil {
		return
	}
	var n int64
	for _, run := range o.Body {
		if len(run) == 0 || len(run) > RunSize {
			panic("BUG: run of a size that is not allowed")
		}
		n += int64(len(run))
	}
	if n != o.Length {
		panic("BUG: body is not as long as the object says")
	}
}
