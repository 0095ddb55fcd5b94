// Package conf owns the format of the configuration, the conf: its HCL files, the defaults,
// the example files, and the validation, whose errors have a position and may suggest another
// name. cmd/brink loads a conf. The packages that it sets up read its structs.
//
// It does not know what a setting does, only whether a reload may change it (reload.go). It
// returns plain structs to the packages that use them. It exports no type of the HCL
// library. It has no state, so any goroutine may call any function at any time.
//
// A text becomes a Config in four steps:
//
//  1. tokens.go cuts the text into tokens;
//  2. grammar.go and value.go make a tree of blocks and values from the tokens;
//  3. decode.go and assign.go fill the structs of config.go, as the tables in settings.go
//     say;
//  4. build.go, origin.go, site.go and rule.go check settings that depend on each other.
package conf
