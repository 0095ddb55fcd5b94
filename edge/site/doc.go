// Package site compiles a Config of package conf into the tables that requests are served
// from: the sites by host name, the rules of a site by path, and the settings of a rule.
// Package edge calls it at the start and for a reload, and reads the tables for each request.
//
// The tables do not change after Compile, so any goroutine may read them without a lock. A
// reload compiles new tables. Facts that change while a site is served, such as an outage of
// its origin, are in fetch.SiteState.
package site
