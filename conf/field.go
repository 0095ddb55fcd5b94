package conf

import (
	"slices"
	"strconv"
	"strings"

	"brink/edge/wire"
)

// checkToken accepts a token (RFC 9110 section 5.6.2): names of fields and
// cookies, and of nodes in Via.
func checkToken(text string) *fault {
	if text == "" {
		return wrong("a name is blank")
	}
	for i := range len(text) {
		if !wire.IsTokenByte(text[i]) {
			f := wrong("%q is not a name: %q may not be in it", text, text[i])
			if name := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), ":")); name != text && name != "" && checkToken(name) == nil {
				f.meant(strconv.Quote(name))
			}
			return f
		}
	}
	return nil
}

// checkFieldValue accepts a field value (RFC 9110 section 5.5). Its messages do not show
// the value, which may be a secret.
func checkFieldValue(text string) *fault {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\r' || c == '\n':
			return wrong("the field's value holds a line break")
		case c < ' ' && c != '\t' || c == 0x7f:
			return wrong("the field's value holds the control character %#02x", c)
		}
	}
	if strings.Trim(text, " \t") != text {
		return wrong("the field's value begins or ends with white space")
	}
	return nil
}

// hopByHop are the fields of one connection (RFC 9110 section 7.6.1). framing are the
// fields that say where a message ends. brink writes both itself.
var (
	hopByHop = []string{"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"}
	framing  = []string{"content-length", "transfer-encoding"}
)

// longestName is how long a field name may be, in bytes. A rendered head has 16 bits for
// the length of a name.
const longestName = 1<<16 - 1

func checkEdited(name string) *fault {
	if len(name) > longestName {
		return wrong("the field's name is longer than %d characters", longestName)
	}
	if f := checkToken(name); f != nil {
		return f
	}
	switch lower := strings.ToLower(name); {
	case slices.Contains(framing, lower):
		return wrong("%q frames messages: it cannot be changed", name)
	case slices.Contains(hopByHop, lower):
		return wrong("%q is for one connection only: it cannot be changed", name)
	}
	return nil
}

func checkRequestName(name string) *fault {
	switch strings.ToLower(name) {
	case "host":
		return wrong("%q cannot be changed here", name).hinted("give host = \"...\" in the origin")
	case "cdn-loop":
		return wrong("%q cannot be changed: it is what stops loops", name) // RFC 8586 section 2
	}
	return checkEdited(name)
}

func checkResponseName(name string) *fault {
	switch strings.ToLower(name) {
	case "age", "cache-status":
		return wrong("%q is written anew for each answer: it cannot be changed", name)
	}
	return checkEdited(name)
}

// checkNodeID accepts ids of nodes. It limits their length, as each node of a fleet
// stores the ids of all.
func checkNodeID(text string) *fault {
	if len(text) > 255 {
		return wrong("the id is longer than 255 characters")
	}
	return checkToken(text)
}

// checkNames accepts a name, or the beginning of names followed by "*".
func checkNames(text string) *fault { return checkBeginning(text, checkToken) }

// checkParameters is checkNames for parameters of queries.
func checkParameters(text string) *fault { return checkBeginning(text, checkParameter) }

// checkBeginning accepts "*", and texts that check accepts, with or without "*" after them.
func checkBeginning(text string, check func(string) *fault) *fault {
	if f := checkStar(text); f != nil || text == "*" {
		return f
	}
	return check(strings.TrimSuffix(text, "*"))
}

// checkKeyed is checkNames for fields of the key. It refuses fields that the node
// overwrites in each request.
func checkKeyed(text string) *fault {
	switch strings.ToLower(text) {
	case "x-forwarded-for", "x-real-ip", "forwarded":
		return wrong("%q cannot be in the key: the origin gets the node's own, with the client's address, whatever the client sent", text)
	}
	return checkNames(text)
}

// checkKept accepts fields that keep_fields may name.
func checkKept(text string) *fault {
	switch name := strings.ToLower(text); {
	case name == "*":
		return wrong("\"*\" keeps all fields with which a client could mislead the origin").hinted("name the fields that the proxies before this node write")
	case name == "x-forwarded-for" || name == "x-forwarded-host" || name == "x-forwarded-proto" || name == "x-real-ip" || name == "forwarded":
		return wrong("%q cannot be kept: the node writes this field itself", text)
	case strings.HasPrefix(name, "brink-"):
		return wrong("%q cannot be kept: nodes speak to each other with such fields", text)
	}
	return checkNames(text)
}

// checkStar refuses a pattern that no name could match.
func checkStar(text string) *fault {
	if i := strings.IndexByte(text, '*'); i >= 0 && i < len(text)-1 {
		return wrong("%q matches nothing: \"*\" stands for the rest of a name, at its end", text).
			meant(strconv.Quote(text[:i+1]))
	}
	return nil
}

// checkParameter accepts the name of a query parameter, as it is written in
// URLs.
func checkParameter(text string) *fault {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("&=#", c) >= 0 {
			return wrong("%q is not a parameter's name: %q may not be in it", text, c).
				hinted("write it as it stands in URLs, with %%XX for what may not stand there")
		}
	}
	return nil
}

// checkName accepts names of listeners, origins and sites. Metrics and logs show these
// names.
func checkName(text string) *fault {
	switch {
	case strings.TrimSpace(text) == "":
		return wrong("the name is blank")
	case len(text) > 100:
		return wrong("the name is longer than 100 characters")
	}
	for _, c := range text {
		if c >= 0x80 || !isNameByte(byte(c)) && c != '.' {
			return wrong("%q is not a name: %q may not be in it", text, c).hinted("letters, digits, \"-\", \"_\" and \".\" may")
		}
	}
	return nil
}
