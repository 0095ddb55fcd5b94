// Package linear tests the promise of purges under concurrency: after a purge was answered,
// no client gets a response that it covers. Meanwhile there are fetches, validations, stale
// answers, restarts and kills. Clients get and purge URLs at random, and the history of each
// URL must be linearizable (github.com/anishathalye/porcupine). In the model, a get may
// return the version that the origin had at the last purge, or any later one.
package linear
