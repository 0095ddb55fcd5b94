// Package arch checks the architecture: which package may import which, which file may
// import which library, and how long files and functions may be. Its tests read the whole
// source tree.
//
// The rules are in imports.txt, libraries.txt and words.txt. A change of the design is a
// change of these files.
package arch
