// Package conf owns the text format: HCL files, defaults, validation with
// positions and suggestions, and the example files.
//
// It never knows what a setting does: it gives plain structs to those who do.
package conf
