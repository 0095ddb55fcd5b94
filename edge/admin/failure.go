package admin

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// failure is an error answer of the API.
type failure struct {
	status int
	allow  string // the value of Allow, for 405

	retryAfter string // seconds, for 429

	receipt *Receipt // of a purge that is in force nevertheless; nil: there is none

	Code    string `json:"code"`    // for programs
	Message string `json:"message"` // what went wrong
	Hint    string `json:"hint"`    // what to do about it
}

func fail(status int, code, message, hint string) *failure {
	return &failure{status: status, Code: code, Message: message, Hint: hint}
}

func tooLarge(limit int64) *failure {
	return fail(http.StatusRequestEntityTooLarge, "body_too_large", "the request's body is too large",
		"at most "+strconv.FormatInt(limit, 10)+" bytes are read")
}

func (f *failure) write(w http.ResponseWriter) {
	switch f.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="brink"`)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", f.allow)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", f.retryAfter)
	}
	writeJSON(w, f.status, struct {
		Error *failure `json:"error"`
		*Receipt
	}{f, f.receipt})
}

// answer sends v as JSON with 200. It fails if v cannot be encoded.
func answer(w http.ResponseWriter, v any) *failure { return writeJSON(w, http.StatusOK, v) }

func writeJSON(w http.ResponseWriter, status int, v any) *failure {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fail(http.StatusInternalServerError, "internal", "the answer cannot be encoded: "+err.Error(), "this is a fault of the node")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // an error means that the client has left
	return nil
}
