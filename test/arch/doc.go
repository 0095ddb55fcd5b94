// Package arch checks the architecture: which package may import which, which file may
// import which library, and how long files and functions may be. Its tests read the whole
// source tree. They also compile it, and look for exported names that no other package
// uses.
//
// The rules are in imports.txt, libraries.txt and words.txt, the exceptions for exported
// names in unused.txt. A change of the design is a change of these files.
package arch
