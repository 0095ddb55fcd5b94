package admin

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"brink/conf"
	"brink/purge"
)

// description is the OpenAPI document as JSON values.
type description map[string]any

func described(t *testing.T) description {
	t.Helper()
	w := call(server(&fakeNode{}, ""), "GET", "/v1/openapi.json")
	var d description
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %v", err, w.Header())
	}
	return d
}

// at follows names from the root.
func (d description) at(names ...string) any {
	var v any = map[string]any(d)
	for _, n := range names {
		m, _ := v.(map[string]any)
		v = m[n]
	}
	return v
}

// The description has exactly the routes of the server.
func TestOpenAPIRoutes(t *testing.T) {
	d := described(t)
	var got, want []string
	for path, item := range d.at("paths").(map[string]any) {
		for method := range item.(map[string]any) {
			got = append(got, strings.ToUpper(method)+" "+path)
		}
	}
	s := server(&fakeNode{}, "")
	for _, r := range s.routes {
		want = append(want, r.method+" "+r.path)
		open, _ := d.at("paths", r.path, strings.ToLower(r.method), "security").([]any)
		if (open != nil) != (r.who == forHealth) {
			t.Errorf("%s: security %v", r.path, open)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("described are\n%s\nand there are\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if d.at("openapi") != "3.1.0" {
		t.Error(d.at("openapi"))
	}
	for _, m := range regexp.MustCompile(`"\$ref": "#/([^"]*)"`).FindAllSubmatch(openAPI, -1) {
		if d.at(strings.Split(string(m[1]), "/")...) == nil {
			t.Errorf("there is no %s", m[1])
		}
	}
}

// conforms returns an error that says where a value does not fit a schema. It knows only the
// keywords of JSON Schema that the description uses.
func (d description) conforms(schema, v any, at string) error {
	s := schema.(map[string]any)
	for _, word := range slices.Sorted(maps.Keys(s)) {
		if err := d.holds(s, word, v, at); err != nil {
			return err
		}
	}
	return nil
}

func (d description) holds(s map[string]any, word string, v any, at string) error {
	arg, ok := s[word], true
	text, _ := v.(string)
	number, _ := v.(float64)
	object, _ := v.(map[string]any)
	list, _ := v.([]any)
	switch word {
	case "description", "default":
	case "$ref":
		return d.conforms(d.at(strings.Split(strings.TrimPrefix(arg.(string), "#/"), "/")...), v, at)
	case "type":
		ok = typed(arg.(string), v)
	case "enum":
		ok = slices.Contains(arg.([]any), v)
	case "minLength":
		ok = len(text) >= int(arg.(float64))
	case "format":
		_, err := time.Parse(time.RFC3339, text)
		ok = arg == "date-time" && err == nil
	case "minimum":
		ok = number >= arg.(float64)
	case "maxItems":
		ok = len(list) <= int(arg.(float64))
	case "minProperties":
		ok = len(object) >= int(arg.(float64))
	case "required":
		for _, name := range arg.([]any) {
			if _, there := object[name.(string)]; !there {
				return fmt.Errorf("%s lacks %s", at, name)
			}
		}
	case "items":
		for i, item := range list {
			if err := d.conforms(arg, item, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case "properties", "additionalProperties":
		return d.members(s, object, at)
	default:
		return fmt.Errorf("%s: nothing checks %s", at, word)
	}
	if !ok {
		return fmt.Errorf("%s: %v is against %s %v", at, v, word, arg)
	}
	return nil
}

// members checks the members of an object: those in the schema, and the others.
func (d description) members(s, object map[string]any, at string) error {
	named, _ := s["properties"].(map[string]any)
	for name, v := range object {
		schema, known := named[name]
		if !known {
			schema = s["additionalProperties"]
		}
		if schema == nil || schema == false {
			return fmt.Errorf("%s has %s, which is not described", at, name)
		}
		if err := d.conforms(schema, v, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func typed(name string, v any) bool {
	switch v := v.(type) {
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == math.Trunc(v)
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	}
	return false
}

// Calls and answers fit the description, and a call that does not fit is refused.
func TestOpenAPIOfPurges(t *testing.T) {
	d := described(t)
	post1 := []string{"paths", "/v1/purge", "post"}
	orders := d.at(append(post1, "requestBody", "content", "application/json", "schema")...)
	answers := func(operation []string, status int) any {
		r := d.at(append(operation, "responses", fmt.Sprint(status))...)
		if ref, ok := r.(map[string]any)["$ref"].(string); ok {
			r = d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
		return description(r.(map[string]any)).at("content", "application/json", "schema")
	}
	parse := func(text string) (v any) {
		if json.Unmarshal([]byte(text), &v) != nil {
			t.Fatalf("not JSON: %s", text)
		}
		return v
	}
	n := &fakeNode{}
	s := scoped(n, conf.Token{Name: "shop", Sites: []string{"shop"}, Rate: 0.001, Burst: 1})
	for _, c := range []struct {
		token, body string
		described   bool // the call is
		status      int
	}{
		{"s3cret", `{"urls":["shop.example/"],"prefixes":["shop.example/"],"hosts":["shop.example"],"soft":true,"wait":"fleet"}`, true, 200},
		{"s3cret", `{"tags":["a"],"sites":["shop"],"all":true,"wait":"node"}`, true, 200},
		{"s3cret", `{"all":true,"wait":"fleet","timeout":"5s"}`, true, 200},
		{"s3cret", `{"urls":["other.example/"]}`, true, 200},
		{"s3cret", `{"urls":["shop.example/*/a"]}`, true, 501},
		{"s3cret", `{"all":true,"timeout":5}`, false, 400},
		{"s3cret", `{"urls":"shop.example/"}`, false, 400},
		{"s3cret", `{"urls":[1]}`, false, 400},
		{"s3cret", `{"urls":[""]}`, false, 400},
		{"s3cret", `{"all":"true"}`, false, 400},
		{"s3cret", `{"all":true,"wait":"all"}`, false, 400},
		{"s3cret", `{"all":true,"more":1}`, false, 400},
		{"s3cret", `{}`, false, 400},
		{"s3cret", `[]`, false, 400},
		{"wr0ng", `{"all":true}`, true, 401},
		{"shop", `{"sites":["talk"]}`, true, 403},
		{"shop", `{"all":true}`, true, 429},
	} {
		if err := d.conforms(orders, parse(c.body), "order"); (err == nil) != c.described {
			t.Errorf("%s: %v", c.body, err)
		}
		w := post(s, c.body, bearer(c.token))
		if w.Code != c.status {
			t.Errorf("%s: %d %s", c.body, w.Code, w.Body)
			continue
		}
		if err := d.conforms(answers(post1, w.Code), parse(w.Body.String()), "answer"); err != nil {
			t.Errorf("%s: %v", c.body, err)
		}
	}
	n.purger.behind = Behind
	w := post(s, `{"all":true,"wait":"fleet"}`, bearer("s3cret"))
	if err := d.conforms(answers(post1, 202), parse(w.Body.String()), "answer"); err != nil || w.Code != 202 {
		t.Error(w.Code, err)
	}
	n.purger.err = fmt.Errorf("%w: no space", purge.ErrNotDurable)
	w = post(s, `{"all":true}`, bearer("s3cret"))
	if err := d.conforms(answers(post1, w.Code), parse(w.Body.String()), "answer"); err != nil {
		t.Error(err)
	}
	receipt := []string{"paths", "/v1/purge/{seq}", "get"}
	for _, seq := range []string{"1", "4", "5", "6", "9"} {
		w := call(s, "GET", "/v1/purge/"+seq, bearer("s3cret"))
		if err := d.conforms(answers(receipt, w.Code), parse(w.Body.String()), "answer"); err != nil {
			t.Errorf("%s: %v", seq, err)
		}
	}
}
