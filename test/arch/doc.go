// Package arch holds the shape of the house: which package may import which,
// which file may know which library, and how long a file and a function may
// get. Its tests read the whole source tree and fail where it strays.
//
// The rules stand in imports.txt, libraries.txt and words.txt; a change of the
// design is a change of these files.
package arch
