// Package linear tests the promise of purges under concurrency: after a purge was
// answered, no client gets a response that it covers. Meanwhile there are fetches,
// validations, stale answers, restarts and kills. Clients get and purge URLs at random,
// and the history of each URL must be linearizable (github.com/anishathalye/porcupine). In
// the model, a URL has the versions that its origin has had since the last purge, and the one
// at that purge. A get may return any of these.
package linear
