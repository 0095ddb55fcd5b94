package edge

import (
	"fmt"
	"reflect"
	"slices"

	"brink/conf"
	"brink/edge/site"
	"brink/origin"
)

// Change is a conf set that can be put in force:
//
//	Prepare -> Commit -> Finish
//	       `-> Cancel
type Change struct {
	node    *Node
	tables  *tables
	before  map[string]runningOrigin
	running map[string]runningOrigin
}

// Prepare does every step of a change that can fail, and puts nothing in force. It waits for
// the end of a change under way. conf.Config.Reloadable must have allowed c.
func (n *Node) Prepare(c *conf.Config) (*Change, error) {
	n.reload.changing.Lock()
	change, err := n.prepare(c)
	if err != nil {
		n.reload.changing.Unlock()
	}
	return change, err
}

func (n *Node) prepare(c *conf.Config) (*Change, error) {
	before := n.runningOrigins()
	running, err := n.startOrigins(c, before)
	if err != nil {
		return nil, err
	}
	t, err := n.newTables(c, originsOf(running))
	if err != nil {
		n.closeOrigins(running, before)
		return nil, err
	}
	t.meter = n.tables.Load().meter.With(t.names())
	return &Change{node: n, tables: t, before: before, running: running}, nil
}

// Commit puts the change in force with one pointer swap. Requests under way keep the old
// set. Commit cannot fail and does not block.
func (c *Change) Commit() {
	c.node.reload.Lock()
	defer c.node.reload.Unlock()
	c.node.tables.Store(c.tables)
	c.tables.meter.Show()
	c.node.store.Sites(len(c.tables.Sites))
	c.node.reload.origins = c.running
}

// Finish closes the origins that only the old set has, and ends the change.
func (c *Change) Finish() {
	c.node.closeOrigins(c.before, c.running)
	c.node.reload.changing.Unlock()
}

// Cancel ends a change that was not committed.
func (c *Change) Cancel() {
	c.node.closeOrigins(c.running, c.before)
	c.node.reload.changing.Unlock()
}

// Apply puts a conf set in force. On an error nothing has changed.
func (n *Node) Apply(c *conf.Config) error {
	change, err := n.Prepare(c)
	if err != nil {
		return err
	}
	change.Commit()
	change.Finish()
	return nil
}

// Check returns an error if a node could not put c in force.
func Check(c *conf.Config) error {
	origins := make(map[string]*origin.Origin, len(c.Origins))
	for i := range c.Origins {
		o, err := origin.New(&c.Origins[i])
		if err != nil {
			return err
		}
		defer o.Close()
		origins[c.Origins[i].Name] = o
	}
	_, err := site.Compile(c, origins)
	return err
}

func (n *Node) runningOrigins() map[string]runningOrigin {
	n.reload.Lock()
	defer n.reload.Unlock()
	return n.reload.origins
}

func originsOf(running map[string]runningOrigin) map[string]*origin.Origin {
	origins := make(map[string]*origin.Origin, len(running))
	for name, r := range running {
		origins[name] = r.origin
	}
	return origins
}

// startOrigins returns the origins of c. It keeps an origin whose settings have not changed,
// and makes the others.
func (n *Node) startOrigins(c *conf.Config, before map[string]runningOrigin) (map[string]runningOrigin, error) {
	started := make(map[string]runningOrigin, len(c.Origins))
	for i := range c.Origins {
		config := c.Origins[i]
		if old, ok := before[config.Name]; ok && reflect.DeepEqual(old.config, config) {
			started[config.Name] = old
			continue
		}
		o, err := origin.New(&config)
		if err != nil {
			n.closeOrigins(started, before)
			return nil, fmt.Errorf("origin %q: %w", config.Name, err)
		}
		o.Watch(n.logChange)
		o.Spend(n.readAhead)
		o.Share(n.descriptors)
		started[config.Name] = runningOrigin{config: config, origin: o}
	}
	return started, nil
}

// closeOrigins closes the origins that are not in keep. It forgets origins that were closed
// earlier and that no request uses any more.
func (n *Node) closeOrigins(origins, keep map[string]runningOrigin) {
	n.reload.Lock()
	defer n.reload.Unlock()
	n.reload.retired = slices.DeleteFunc(n.reload.retired, func(o *origin.Origin) bool {
		s := o.Stats()
		return s.Running == 0 && s.Waiting == 0
	})
	for name, r := range origins {
		if keep[name].origin != r.origin {
			r.origin.Close()
			n.reload.retired = append(n.reload.retired, r.origin)
		}
	}
}
