package conf

import (
	"errors"
	"fmt"
	"reflect"
)

// errRestart is wrapped by errors about settings that a reload cannot change.
var errRestart = errors.New("needs a restart")

// Reloadable returns an error if a process that runs with c cannot change to next by a reload.
// A reload keeps the node's id, the store, the fleet and all addresses.
func (c *Config) Reloadable(next *Config) error {
	switch {
	case c.Node.ID != next.Node.ID:
		return fmt.Errorf("a change of the node's id %w", errRestart)
	case c.Admin.Address != next.Admin.Address:
		return fmt.Errorf("a change of the admin block's address %w", errRestart)
	case c.Store != next.Store:
		return fmt.Errorf("a change of the store block %w", errRestart)
	case !reflect.DeepEqual(c.Fleet, next.Fleet):
		return fmt.Errorf("a change of the fleet block %w", errRestart)
	case len(c.Listens) != len(next.Listens):
		return fmt.Errorf("a change of the listen blocks %w", errRestart)
	}
	for i := range c.Listens {
		if !reflect.DeepEqual(c.Listens[i], next.Listens[i]) {
			return fmt.Errorf("a change of listen %q %w", next.Listens[i].Name, errRestart)
		}
	}
	return nil
}
