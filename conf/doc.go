// Package conf owns the text format: HCL files, defaults, validation with
// positions and suggestions, and the example files.
//
// It never knows what a setting does: it gives plain structs to those who do.
// No type of the HCL library leaves it. Nothing in it changes after start, so
// all functions may be called at any time by any goroutine.
//
// A text becomes a Config in four steps: tokens.go cuts it into tokens,
// grammar.go and value.go make a tree of blocks and values of them, decode.go
// and assign.go fill the structs of config.go by the tables of settings.go,
// and build.go, origin.go, site.go and rule.go check what settings say
// together.
package conf
