package admin

import (
	"html/template"
	"net/http"
	"strings"
)

var indexPage = template.Must(template.New("index").Parse(`<!doctype html>
<meta charset="utf-8">
<title>brink admin</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem}td{padding:0 1.5rem 0 0}</style>
<h1>brink admin</h1>
<table>
{{range .}}<tr><td>{{.Method}}<td>{{if .Link}}<a href="{{.Path}}">{{.Path}}</a>{{else}}{{.Path}}{{end}}<td>{{.Summary}}
{{end}}</table>
`))

// index lists the routes.
func (s *Server) index(w http.ResponseWriter, _ *request) *failure {
	type row struct {
		Method, Path, Summary string
		Link                  bool
	}
	var rows []row
	for _, r := range s.routes {
		rows = append(rows, row{r.method, r.path, r.summary, r.method == "GET" && !strings.Contains(r.path, "{")})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := indexPage.Execute(w, rows); err != nil {
		s.log.Debug("admin index not sent", "error", err)
	}
	return nil
}
