package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"brink/edge"
	"brink/edge/wire"
)

func (s *Server) explain(w http.ResponseWriter, r *request) *failure {
	q, f := parseQuery(r.Request, "url", "header", "method", "ask")
	if f != nil {
		return f
	}
	if q.Ask && r.token.scope != nil {
		return outOfScope("ask: the token may read what the node knows, but not send requests to the origin")
	}
	v, err := s.node.Explain(r.Context(), q)
	if err != nil {
		return fail(http.StatusBadRequest, "bad_question", err.Error(), "ask as a client would: ?url=http://host/path")
	}
	return answer(w, v)
}

func (s *Server) object(w http.ResponseWriter, r *request) *failure {
	q, f := parseQuery(r.Request, "url", "header")
	if f != nil {
		return f
	}
	v, ok := s.node.Object(q)
	if !ok {
		return fail(http.StatusNotFound, "not_stored", "nothing is stored for "+quote(q.URL),
			"add header= for each request field that the response varies by; /v1/explain says more")
	}
	return answer(w, v)
}

func (s *Server) fills(w http.ResponseWriter, _ *request) *failure {
	return answer(w, s.node.Fills())
}

func (s *Server) disk(w http.ResponseWriter, _ *request) *failure {
	v, ok := s.node.Disk()
	if !ok {
		return fail(http.StatusNotFound, "no_disk", "the store has no disk tier", "a disk block in the store block of the conf makes one")
	}
	return answer(w, v)
}

func (s *Server) stats(w http.ResponseWriter, _ *request) *failure {
	return answer(w, s.node.Stats())
}

// parseQuery reads the query of r. It refuses parameters that are not in known.
func parseQuery(r *http.Request, known ...string) (q edge.Question, f *failure) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, badParameter("the query does not parse: "+err.Error(), "escape the url: curl -G --data-urlencode url=...")
	}
	for name, v := range values {
		if !slices.Contains(known, name) {
			return q, badParameter("there is no parameter "+quote(name), "there are: "+strings.Join(known, ", "))
		}
		if len(v) > 1 && name != "header" {
			return q, badParameter("parameter "+name+" is there more than once", "escape & within the url as %26")
		}
	}
	q = edge.Question{URL: values.Get("url"), Method: "GET", Ask: values.Get("ask") == "1"}
	if m := values.Get("method"); m != "" {
		q.Method = m
	}
	u, err := url.Parse(q.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return q, badParameter("parameter url is not an absolute http URL: "+quote(q.URL), "as in ?url=http://host/path, escaped")
	}
	if !wire.IsToken([]byte(q.Method)) {
		return q, badParameter("parameter method is not a method: "+quote(q.Method), "as in method=HEAD")
	}
	q.Fields, err = parseFields(values["header"])
	if err != nil {
		return q, badParameter(err.Error(), "as in header=Accept-Encoding:gzip, once for each field")
	}
	return q, nil
}

func badParameter(message, hint string) *failure {
	return fail(http.StatusBadRequest, "bad_parameter", message, hint)
}

func parseFields(lines []string) ([]edge.Line, error) {
	var fields []edge.Line
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		if !found || !wire.IsToken([]byte(name)) || !wire.ValidValue([]byte(value)) {
			return nil, fmt.Errorf("parameter header is not a field line: %s", quote(line))
		}
		fields = append(fields, edge.Line{Name: name, Value: value})
	}
	return fields, nil
}
