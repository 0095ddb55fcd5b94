// Package linear holds purges to what they promise under concurrency: whoever asks
// after a purge was answered gets nothing that it covers, whatever fetches,
// validations, stale answers, restarts and kills go on meanwhile. Clients ask and
// purge at random, and the history of each URL must be linearizable
// (github.com/anishathalye/porcupine): a register whose gets may return any
// version from the last purged one on.
package linear
