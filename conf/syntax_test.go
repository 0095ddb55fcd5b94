package conf

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Texts that are not a conf, or only half of one. The fault is at the place where the
// author should look.
func TestSyntaxErrors(t *testing.T) {
	dir := withFiles(t)
	f := func(text string, wanted ...string) { t.Helper(); fails(t, dir, text, wanted) }

	// half-written files
	f("origin \"app\" {\n", `t.hcl:1:1: the block "origin" is not closed`, `the file ends at line 2`)
	f(anOrigin+"site \"a\" {\nhosts = [\"a\",\n", `t.hcl:3:9: "[" is not closed`)
	f(anOrigin+"site \"a\" {\nhosts = [\"a\n", `t.hcl:3:12: invalid multi-line string`)
	f(anOrigin+"site \"a\" {\nhosts =", `t.hcl:3:1: "hosts" has no value`)
	f(anOrigin+"site \"a\" {\nho", `t.hcl:3:1: "ho" is neither a setting nor a block`)
	f(anOrigin+"site \"a", `t.hcl:2:6: "\"" is not closed`)
	f(anOrigin+"site \"a\"", `t.hcl:2:1: "site" is followed by the end of the file`)
	f(anOrigin+"site", `t.hcl:2:1: "site" is neither a setting nor a block`)
	f(anOrigin+"/* comment", `t.hcl:2:1: the comment is not closed`)
	f(anOrigin+"site \"a\" {\nrespond {\nbody = <<EOT\nabc\n", `t.hcl:4:8: "<<EOT\n" is not closed`)
	f(anOrigin+aSite+"\x00\x00\x00", `t.hcl:6:1: this is not text: it holds a zero byte`)
	f("\x89PNG\r\n\x1a\n", `t.hcl:1:1: this is not UTF-8 text`)
	f("node {\nid = \"\xff\"\n}", `t.hcl:2:7: this is not UTF-8 text`)
	f("<html>", `t.hcl:1:1: a setting or a block is expected here, not "<"`)
	f("[section]\nkey=value", `t.hcl:1:1: a setting or a block is expected here, not "["`)
	f("{ \"site\": {} }", `t.hcl:1:1: a setting or a block is expected here, not "{"`)
	f("site:\n  hosts: a", `t.hcl:1:1: "site" is neither a setting nor a block`)
	f("server { listen 80; }", `t.hcl:1:19: invalid character`)
	f("", `t.hcl: no site`)
	f("# nothing\n", `t.hcl: no site`)

	// braces, signs, separators
	f("node {}\n}", `t.hcl:2:1: this brace closes nothing`)
	f("node {\nid = \"a\"]\n}", `t.hcl:2:9: "]" closes nothing`)
	f("site \"a\" {\nhosts = [\"a\"\norigin = \"b\"\n}", `t.hcl:2:9: "[" is not closed`, `"}" stands at line 4 instead`)
	f("node {\nid \"a\"\n}", `t.hcl:2:1: "id" is followed by the end of the line, not by "{" or "="`, `did you mean id = "a"?`)
	f("listen \"a\" {\nmax_fields 5\n}", `t.hcl:2:1: "max_fields" is neither a setting nor a block`, `max_fields = value`)
	f("node {\nid = \"a\",\n}", `t.hcl:2:9: settings are not separated by commas`)
	f("node\n{\n}", `t.hcl:1:1: "node" is neither a setting nor a block`)
	f("node { \"id\" = \"a\" }", `t.hcl:1:8: a setting or a block is expected here, not "\""`)
	f("node { id == \"a\" }", `t.hcl:1:8: "id" is neither`)
	f("node { id = }", `t.hcl:1:8: "id" has no value`)
	f("node { id = 'a' }", `t.hcl:1:13: invalid character`, `Single quotes are not valid`)
	f("node { id = “a” }", `t.hcl:1:13: invalid character`, `Curly quotes`)

	// values are data
	f("node { id = 1 + 1 }", `t.hcl:1:15: "+" has no place in a value`, `env("NAME")`)
	f("node { id = 1 - 1 }", `t.hcl:1:15: "-" has no place in a value`)
	f("node { id = true ? \"a\" : \"b\" }", `t.hcl:1:18: "?" has no place in a value`)
	f("node { id = \"a\" == \"b\" }", `"==" has no place in a value`)
	f("node { id = [for x in [\"a\"] : x] }", `the text for needs quotes`)
	f("node { id = a.b }", `the text a needs quotes`)
	f("node { id = null }", `the text null needs quotes`)
	f("node { id = upper(\"a\") }", `unknown function "upper"`)
	f("node { id = \"%{ if true }a%{ endif }\" }", `t.hcl:1:14: "%{" has no place in a value`, `write "%%{"`)
	f("node { id = \"${}\" }", `t.hcl:1:`)
	f("listen \"a\" { max_fields = 1e3 }", `the number 1e3 is too long or not plain`)
	f("listen \"a\" { max_fields = 1"+strings.Repeat("0", 1000)+" }", `is too long or not plain`)
	f("node { id = "+strings.Repeat("[", 17)+strings.Repeat("]", 17)+" }", `values are nested more than 16 deep`)
	f(strings.Repeat("a {\n", 9)+strings.Repeat("}\n", 9), `t.hcl:9:1: blocks are nested more than 8 deep`)
}

func valid(t testing.TB, text string) *Config {
	t.Helper()
	c, err := Parse("t.hcl", []byte(text))
	if err != nil {
		t.Fatalf("%v\nfor\n%s", err, text)
	}
	if err := invariants(c); err != nil {
		t.Fatalf("%v\nfor\n%s", err, text)
	}
	return c
}

// Settings and blocks that may share a line; and comments, line breaks and byte order
// marks, which change nothing.
func TestOneMeaningInManyForms(t *testing.T) {
	plain := valid(t, `
node {
  id = "edge-1"
}
store {
  memory     = "1GiB"
  max_object = "1MiB"
}
origin "app" {
  server "http://127.0.0.1:9000" {
    weight = 2
  }
  queue = 5
}
site "app" {
  hosts  = ["a.test", "b.test"]
  origin = "app"
  path "/x" {
    ttl = "1m"
    key {
      query = "none"
    }
  }
}
`)
	for _, text := range []string{
		"node { id = \"edge-1\" } store { memory = \"1GiB\" max_object = \"1MiB\" } origin \"app\" { server \"http://127.0.0.1:9000\" { weight = 2 } queue = 5 } " +
			"site \"app\" { hosts = [\"a.test\", \"b.test\"] origin = \"app\" path \"/x\" { ttl = \"1m\" key { query = \"none\" } } }",
		"\ufeffnode { id = \"edge-1\" }\r\nstore { memory = \"1024MiB\" /* a */ max_object = \"1048576\" } # b\r\norigin \"app\" {// c\r\nserver \"http://127.0.0.1:9000\" { weight = 2 }\r\nqueue = 5 }\r\n" +
			"site \"app\" {\r\nhosts = [\r\n\"a.test\", // d\r\n\"b.test\",\r\n]\r\norigin = /* e */ \"app\"\r\npath \"/x\" { ttl = \"60s\"\r\nkey { query = \"none\" } } }\r\n",
	} {
		c := valid(t, text)
		c.Digest, c.Sites[0].Rule.Position, c.Sites[0].Paths[0].Rule.Position = plain.Digest, "t.hcl:15", "t.hcl:18"
		plain.Sites[0].Rule.Position, plain.Sites[0].Paths[0].Rule.Position = "t.hcl:15", "t.hcl:18"
		if !reflect.DeepEqual(c, plain) {
			t.Errorf("got  %+v\nwant %+v\nfor\n%s", c, plain, text)
		}
	}
}

func TestText(t *testing.T) {
	t.Setenv("CONF_TEST", "x")
	t.Setenv("CONF_TEST_NUMBER", "7")
	body := func(text, want string) {
		t.Helper()
		c := valid(t, "site \"a\" {\nhosts = [\"*\"]\nrespond {\nbody = "+text+"}\n}")
		if got := c.Sites[0].Rule.Respond.Body; got != want {
			t.Errorf("got %q, want %q, for %s", got, want, text)
		}
	}
	body(`"" `, "")
	body(`"a\tb\n\"\\" `, "a\tb\n\"\\")
	body(`"\u00e4ö" `, "äö")
	body(`"$${a} %%{b} $ % 100%" `, "${a} %{b} $ % 100%")
	body(`env("CONF_TEST") `, "x")
	body(`"<${env("CONF_TEST")}>" `, "<x>")
	body(`"${env("CONF_TEST_UNSET", "${env("CONF_TEST")}y")}" `, "xy")
	body("<<EOT\n a\n  b ${env(\"CONF_TEST\")}\nEOT\n", " a\n  b x\n")
	body("<<-EOT\n  a\n    b\n  EOT\n", "a\n  b\n")
	body("<<EOT\nDisallow: /*\n# \"' {\nEOT\n", "Disallow: /*\n# \"' {\n")

	// text of the environment may stand for numbers, words and lists' items
	c := valid(t, anOrigin+aSite+"listen \"a\" {\naddress = \":${env(\"CONF_TEST_NUMBER\")}\"\nmax_fields = env(\"CONF_TEST_NUMBER\")\n}")
	if c.Listens[0].Address != ":7" || c.Listens[0].MaxFields != 7 {
		t.Error(c.Listens[0])
	}
	// and stand in labels
	c = valid(t, "origin \"app\" { server \"http://${env(\"CONF_TEST\")}.test\" {} }\n"+aSite)
	if c.Origins[0].Servers[0].Host != "x.test" {
		t.Error(c.Origins[0].Servers[0])
	}
}

// A heredoc that ends the file without a line break ends all the same.
func TestHeredocAtTheEnd(t *testing.T) {
	_, err := Parse("t.hcl", []byte("site \"a\" {\nhosts = <<A\nA"))
	if err == nil || !strings.Contains(err.Error(), `t.hcl:1:1: the block "site" is not closed`) {
		t.Error(err)
	}
}

// Whatever hurts a scanner or a parser most is refused in time that grows no
// faster than its length: half a megabyte would take minutes otherwise.
func TestBoundedTime(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	for _, unit := range []string{"/*", "*/", "[", "{", "a{", "a {\n", "\"${", "<<A\n", "<<A", "a=", "a=[", "a=1\n", "\"", "'", "`", "\\", "$", "%{", "-", "!", "a ", "a b ",
		"\n", "#", "// \n", "a=\"\"", "1.", "1", ".", "é", "e\u0301", "\u0301", "\r", "\xff", "a=\"$${", "a=<<A\n\n", "((", "env(", "a=env(", "a=-"} {
		text := []byte(strings.Repeat(unit, 512<<10/len(unit)))
		start := time.Now()
		_, err := Parse("t.hcl", text)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q, repeated: %v", unit, took)
		}
		if err == nil {
			t.Errorf("%q, repeated, is valid", unit)
		}
		if len(err.Error()) > 1<<16 {
			t.Errorf("%q, repeated: the error has %d bytes", unit, len(err.Error()))
		}
	}
}

// Text is cut into tokens stretch by stretch. Where it is cut makes no
// difference, to values, to places or to faults.
func TestStretches(t *testing.T) {
	item := "path \"/p%d/*\" { # a comment with { \" [ in it\n  ttl = \"1m\" /* and\n another */ negative_ttl = { \"404\" = \"1s\", n410 = \"2s\" }\n  request { set = { A = \"${env(\"CONF_TEST\", \"{\")}é<<\" } }\n" +
		"  respond {\n    body = <<-EOT\n      <a href=\"/*\"> ${env(\"CONF_TEST\", \"}\")} %d\n    EOT\n  }\n}\n"
	item = strings.Replace(item, "n410", "\"410\"", 1)
	pads := 20
	if testing.Short() {
		pads = 2
	}
	for pad := range pads { // so that the end of a stretch meets every token
		var b strings.Builder
		b.WriteString(anOrigin + "site \"a\" {" + strings.Repeat(" ", pad*37) + "hosts = [\"*\"]\norigin = \"app\"\n")
		lines := strings.Count(b.String(), "\n")
		for i := range 300 {
			fmt.Fprintf(&b, item, i, i)
		}
		b.WriteString("}\n")
		c := valid(t, b.String())
		if len(c.Sites[0].Paths) != 300 {
			t.Fatal(len(c.Sites[0].Paths))
		}
		for i, p := range c.Sites[0].Paths {
			at := fmt.Sprintf("t.hcl:%d", lines+1+i*strings.Count(item, "\n"))
			body := fmt.Sprintf("<a href=\"/*\"> } %d\n", i)
			if p.Pattern != fmt.Sprintf("/p%d/*", i) || p.Rule.Respond.Body != body || p.Rule.Request.Set[0].Value != "{é<<" || p.Rule.Position != at {
				t.Fatalf("pad %d, path %d: %+v, want it at %s", pad, i, p, at)
			}
		}
		broken := b.String() + "nod {}\n"
		if _, err := Parse("t.hcl", []byte(broken)); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("t.hcl:%d:1: unknown block", strings.Count(broken, "\n"))) {
			t.Fatal(err)
		}
	}
}
