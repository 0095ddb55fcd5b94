package admin

import (
	"context"
	"errors"
	"io"
	"net/http"

	"brink/conf"
)

// conf answers GET /v1/conf.
func (s *Server) conf(w http.ResponseWriter, _ *request) *failure { return answer(w, s.node.Conf()) }

// applied is the answer to a reload.
type applied struct {
	Applied bool         `json:"applied"`
	Digest  string       `json:"digest,omitempty"` // of the conf set that is in force now
	Error   *failure     `json:"error,omitempty"`
	Errors  []diagnostic `json:"errors,omitempty"`
}

// diagnostic is one error in the conf files.
type diagnostic struct {
	File       string `json:"file,omitempty"`
	Line       int    `json:"line,omitempty"`
	Column     int    `json:"column,omitempty"`
	Summary    string `json:"summary"`
	Detail     string `json:"detail,omitempty"`
	Snippet    string `json:"snippet,omitempty"`
	Suggestion string `json:"suggestion,omitempty"`
}

func (s *Server) reload(w http.ResponseWriter, r *request) *failure {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return tooLarge(maxBody)
		}
		return fail(http.StatusBadRequest, "bad_body", "the request's body was cut off", "send none")
	}
	digest, err := s.node.Reload(context.WithoutCancel(r.Context()))
	if err == nil {
		return answer(w, applied{Applied: true, Digest: digest})
	}
	hint := "brink check says the same without a reload"
	if _, inText := errors.AsType[conf.Errors](err); !inText {
		hint = "the conf is right by itself, but cannot take the place of the one in force: see errors"
	}
	return writeJSON(w, http.StatusUnprocessableEntity, applied{
		Digest: digest,
		Error:  fail(http.StatusUnprocessableEntity, "not_applied", "the conf was not applied, the one before stays in force", hint),
		Errors: diagnose(err),
	})
}

func diagnose(err error) []diagnostic {
	found, ok := errors.AsType[conf.Errors](err)
	if !ok || len(found) == 0 {
		return []diagnostic{{Summary: err.Error()}}
	}
	all := make([]diagnostic, len(found))
	for i, d := range found {
		all[i] = diagnostic(d)
	}
	return all
}
