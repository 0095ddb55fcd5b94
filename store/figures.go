package store

// Figures returns what the metrics have, by the same names.
func (s *Stats) Figures() map[string]int64 {
	figures := make(map[string]int64, len(metrics))
	for _, m := range metrics {
		figures[m.name] = m.value(s)
	}
	return figures
}
