package admin

import "net/http"

func (s *Server) health(w http.ResponseWriter, _ *request) *failure {
	return answer(w, map[string]string{"status": "ok"})
}

func (s *Server) ready(w http.ResponseWriter, _ *request) *failure {
	ok, reasons := s.node.Ready()
	if ok {
		return answer(w, readiness{Ready: true, Reasons: []string{}})
	}
	return writeJSON(w, http.StatusServiceUnavailable, readiness{Reasons: append([]string{}, reasons...)})
}

type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons"` // why not; never null
}
