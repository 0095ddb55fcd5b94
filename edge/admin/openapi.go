package admin

import (
	_ "embed"
	"net/http"
)

// openAPI describes the routes, for programs.
//
//go:embed openapi.json
var openAPI []byte

func (s *Server) openAPI(w http.ResponseWriter, _ *request) *failure {
	w.Header().Set("Content-Type", "application/json")
	w.Write(openAPI) // an error means that the client has left
	return nil
}
