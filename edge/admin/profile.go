package admin

import (
	"net/http"
	"net/http/pprof"
	runtimepprof "runtime/pprof"
	"strconv"
	"strings"
)

// maxProfile is the longest time of a profile, in seconds.
const maxProfile = 300

func (s *Server) profile(w http.ResponseWriter, r *request) *failure {
	if seconds := r.URL.Query().Get("seconds"); seconds != "" {
		if n, err := strconv.ParseFloat(seconds, 64); err != nil || !(0 < n && n <= maxProfile) {
			return badParameter("parameter seconds is not a time for a profile: "+quote(seconds), "up to "+strconv.Itoa(maxProfile))
		}
	}
	switch name := strings.TrimPrefix(r.URL.Path, "/debug/pprof/"); name {
	case "":
		pprof.Index(w, r.Request)
	case "cmdline":
		pprof.Cmdline(w, r.Request)
	case "profile":
		pprof.Profile(w, r.Request)
	case "symbol":
		pprof.Symbol(w, r.Request)
	case "trace":
		pprof.Trace(w, r.Request)
	default:
		if runtimepprof.Lookup(name) == nil {
			return fail(http.StatusNotFound, "not_found", "there is no profile "+quote(name), "GET /debug/pprof/ lists them")
		}
		pprof.Handler(name).ServeHTTP(w, r.Request)
	}
	return nil
}
