// Package arch checks the architecture: which package may import which, which file may
// import which library, and how long files and functions may be. Its tests read the whole
// source tree. They also compile it, and look for exported names that no other package
// uses.
//
// The rules are in imports.txt (packages), libraries.txt, words.txt (what no source line may
// have) and the limits of length in rules_test.go. Exported names that may stay unused are in
// unused.txt. A change of the design is a change of these files.
package arch
