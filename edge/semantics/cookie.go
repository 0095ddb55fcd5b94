package semantics

import (
	"bytes"
	"slices"
	"strings"

	"brink/edge/wire"
)

// staticKind reports whether a Content-Type is of the kinds that servers send
// as files: style sheets, scripts, images, fonts, sound, film and WebAssembly.
func staticKind(contentType []byte) bool {
	kind, _, _ := bytes.Cut(contentType, []byte(";"))
	name := strings.ToLower(string(trimBlank(kind)))
	top, sub, _ := strings.Cut(name, "/")
	switch top {
	case "image", "font", "audio", "video":
		return true
	case "text":
		return sub == "css" || sub == "javascript" || sub == "ecmascript"
	case "application":
		switch sub {
		case "javascript", "x-javascript", "ecmascript", "wasm", "vnd.ms-fontobject":
			return true
		}
		return strings.HasPrefix(sub, "font-") || strings.HasPrefix(sub, "x-font-")
	}
	return false
}

// cookiesSet names the cookies that a response sets.
func cookiesSet(f *wire.Fields) string {
	var names []string
	for i := f.First(wire.SetCookie); i >= 0; i = f.Next(i) {
		name, _ := cutByte(f.List[i].Value, '=')
		names = appendNew(names, name)
	}
	return strings.Join(names, ", ")
}

// cookiesSent names the cookies of a request.
func cookiesSent(f *wire.Fields) string {
	var names []string
	for i := f.First(wire.Cookie); i >= 0; i = f.Next(i) {
		for rest := f.List[i].Value; len(rest) > 0; {
			var pair []byte
			pair, rest = cutByte(rest, ';')
			name, _ := cutByte(pair, '=')
			names = appendNew(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func appendNew(names []string, name []byte) []string {
	if s := string(trimBlank(name)); s != "" && !slices.Contains(names, s) {
		return append(names, s)
	}
	return names
}
