package edge

import (
	"brink/conf"
	"brink/edge/fetch"
	"brink/edge/meter"
	"brink/edge/site"
	"brink/origin"
)

// tables are the compiled tables of a conf set, and the state of its sites. A reload makes new
// ones, while requests under way keep theirs.
type tables struct {
	*site.Tables

	meter  *meter.Meter // of these sites
	states []siteState  // by the number of the site
}

// siteState holds the facts about a site that change while it is served. A reload begins with
// a new one.
type siteState struct {
	fetch.SiteState

	name     string
	failures failureLog
}

// newTables compiles c. origins holds the running origins by name.
func (n *Node) newTables(c *conf.Config, origins map[string]*origin.Origin) (*tables, error) {
	compiled, err := site.Compile(c, origins)
	if err != nil {
		return nil, err
	}
	t := &tables{Tables: compiled, states: make([]siteState, len(compiled.Sites))}
	for i, s := range compiled.Sites {
		state := &t.states[i]
		state.name = s.Name
		state.Init(fetch.Refreshes(s.Connections), func(err error) { n.logFailure(state, err) })
	}
	return t, nil
}

// state returns the state of a site of these tables.
func (t *tables) state(s *site.Site) *siteState { return &t.states[s.Number] }

// names lists the names of the sites by their numbers.
func (t *tables) names() []string {
	names := make([]string, len(t.Sites))
	for i, s := range t.Sites {
		names[i] = s.Name
	}
	return names
}
