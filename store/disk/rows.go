package disk

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// rows calls each with the rows of the index of one kind and what they hold, in
// order, until that returns an error. The bytes are valid until each returns.
func (d *databases) rows(kind byte, each func(row, value []byte) error) error {
	it, err := d.index.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		if err := each(it.Key(), it.Value()); err != nil {
			return errors.Join(err, it.Close())
		}
	}
	return it.Close() // it has the error that ended the rows too early
}
