package semantics

var uses = [...]string{Fresh: "fresh", StaleRefresh: "stale, usable", Validate: "validate first", Gone: "not usable"}

func (u Use) String() string { return uses[u] }
