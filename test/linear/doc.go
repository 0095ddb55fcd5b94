// Package linear tests the promise of purges under concurrency: after a purge was
// answered, no client gets a response that it covers. Meanwhile there are fetches,
// validations, stale answers, restarts and kills. Clients get and purge URLs at random,
// and the history of each URL must be linearizable (github.com/anishathalye/porcupine). A
// URL is modelled as a register. A get may return any version since the last purge.
package linear
