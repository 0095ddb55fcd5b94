// Package endings has clients leave and the process be told to stop, in every
// phase of a request, with the real binary and real sockets: nothing may go on
// for a client that is not there, a client that only ended its sending gets its
// answer, and the process ends in time whatever it is at.
package endings
