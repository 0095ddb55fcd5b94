package conf

import (
	"net/url"
	"strconv"
	"strings"
)

// placeholders are the words in braces that a redirect's target may have.
var placeholders = []string{"host", "path", "query"}

// checkRedirect accepts an http or https URL, or a path of the same host, with
// placeholders. It refuses targets that a request could turn into a URL of another host:
// a path "//evil.example" must never become the whole Location.
func checkRedirect(text string) *fault {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`|", c) >= 0 {
			return wrong("%q: %q does not stand in URLs", text, c)
		}
	}
	if f := checkPlaceholders(text); f != nil {
		return f
	}
	if before, _, found := strings.Cut(text, "{query}"); found && !strings.Contains(before, "?") {
		return wrong("%q: {query} comes without its \"?\"", text).
			meant(strconv.Quote(strings.Replace(text, "{query}", "?{query}", 1)))
	}
	if text[0] == '/' {
		if strings.HasPrefix(text, "//") || strings.HasPrefix(text, "/{path}") {
			return wrong("%q can lead to another host", text).hinted("begin with \"https://{host}/\" or with a path")
		}
		return nil
	}
	return checkTarget(text)
}

func checkPlaceholders(text string) *fault {
	for rest := text; ; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			return nil
		}
		name, tail, closed := strings.Cut(rest[i+1:], "}")
		if rest[i] == '}' || !closed {
			return wrong("%q: a brace has no partner", text)
		}
		if !isPlaceholder(name) {
			return wrong("%q: there is no {%s}", text, name).hinted("there are {host}, {path} and {query}")
		}
		rest = tail
	}
}

func isPlaceholder(name string) bool {
	for _, p := range placeholders {
		if p == name {
			return true
		}
	}
	return false
}

// checkTarget accepts scheme://host and what may follow it. The host is literal, or it is
// {host} alone: "https://shop{path}" could become any host.
func checkTarget(text string) *fault {
	scheme, rest, _ := strings.Cut(text, "://")
	if lower := strings.ToLower(scheme); rest == "" || lower != "http" && lower != "https" {
		f := wrong("%q is neither a URL nor a path", text)
		if checkHostName(strings.TrimSuffix(text, "{path}")) == nil {
			return f.meant(strconv.Quote("https://" + text))
		}
		return f.hinted("begin with \"https://\" or \"/\"")
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	authority = strings.TrimSuffix(authority, "{query}")
	authority = strings.TrimSuffix(authority, "{path}")
	if after, whole := strings.CutPrefix(authority, "{host}"); whole {
		if port, found := strings.CutPrefix(after, ":"); after == "" || found && checkPort(port, 1) == nil {
			return nil
		}
		return wrong("%q: behind {host} only a port or a path may stand", text)
	}
	if f := checkHostField(authority); f != nil {
		return f
	}
	if _, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(text)); err != nil {
		return wrong("%q is not a URL", text)
	}
	return nil
}
