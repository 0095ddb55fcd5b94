package conf

import (
	"path/filepath"
	"strings"
	"testing"
)

// origin and site are what a case needs beside what it is about.
const (
	anOrigin = "origin \"app\" { server \"http://127.0.0.1:9000\" {} }\n"
	aSite    = "site \"app\" {\nhosts = [\"*\"]\norigin = \"app\"\n}\n"
)

// fails parses text as t.hcl and wants each of the wanted parts in the error.
func fails(t *testing.T, dir, text string, wanted []string) {
	t.Helper()
	c, err := Parse(filepath.Join(dir, "t.hcl"), []byte(text))
	if err == nil {
		t.Errorf("no error, want %q, for\n%s", wanted, text)
		return
	}
	if c != nil {
		t.Errorf("an error and a Config, for\n%s", text)
	}
	said := strings.ReplaceAll(err.Error(), dir+"/", "")
	for _, w := range wanted {
		if !strings.Contains(said, w) {
			t.Errorf("for\n%s\ngot  %s\nwant %s", text, said, w)
		}
	}
	if _, ok := err.(Errors); !ok {
		t.Errorf("an error of type %T", err)
	}
}

// A case is about something at top level: it begins at line 1.
func TestErrorsAtTopLevel(t *testing.T) {
	dir := withFiles(t)
	f := func(text string, wanted ...string) { t.Helper(); fails(t, dir, text+"\n"+anOrigin+aSite, wanted) }

	// names
	f(`nodes { id = "a" }`, `t.hcl:1:1: unknown block "nodes"`, `did you mean "node"?`)
	f(`zzz { id = "a" }`, `t.hcl:1:1: unknown block "zzz"`)
	f(`server "http://a" {}`, `t.hcl:1:1: unknown block "server"`, `"server" belongs in a block "origin"`)
	f(`memory = "1GiB"`, `t.hcl:1:1: unknown setting "memory"`, `"memory" belongs in a block "store"`)
	f(`node = { id = "a" }`, `t.hcl:1:1: "node" is a block`, `node { ... }`)
	f(`node { id { } }`, `t.hcl:1:8: "id" is a setting`, `id = ...`)
	f(`node { idd = "a" }`, `t.hcl:1:8: unknown setting "idd"`, `did you mean "id"?`)
	f(`node { site "a" {} }`, `unknown block "site"`, `"site" belongs at top level`)
	f("node {}\nnode {}", `t.hcl:2:1: "node" is written twice`, `first written at t.hcl:1`)
	f("store {}\nstore {}", `t.hcl:2:1: "store" is written twice`)
	f("log {}\nlog {}", `t.hcl:2:1: "log" is written twice`)
	f("admin {}\nadmin {}", `t.hcl:2:1: "admin" is written twice`)
	f(`node { id = "`+strings.Repeat("x", 256)+`" }`, `the id is longer than 255 characters`)
	f("node {\nid = \"a\"\nid = \"b\"\n}", `t.hcl:3:1: "id" is set twice`, `first written at t.hcl:2`)
	// later versions' names are unknown ones
	f(`certificate { cert = "a" }`, `t.hcl:1:1: unknown block "certificate"`)
	f(`store { dsik { path = "/x"  size = "1GiB" } }`, `t.hcl:1:9: unknown block "dsik"`)
	f(`store { disk { size = "1GiB" } }`, `t.hcl:1:9: disk lacks "path"`)
	f(`store { disk { path = "/x"  size = "1MiB" } }`, `t.hcl:1:36: size: 1MiB is less than the least possible, 64MiB`)
	f(`cluster { nats = [] }`, `t.hcl:1:1: unknown block "cluster"`)
	f(`parent "eu" {}`, `t.hcl:1:1: unknown block "parent"`)
	f(`listen "a" { http3 = true }`, `t.hcl:1:14: unknown setting "http3"`)

	// labels
	f(`node "a" {}`, `t.hcl:1:6: "node" takes no label`)
	f(`listen { address = ":80" }`, `t.hcl:1:1: "listen" lacks its name`, `listen "main" { ... }`)
	f(`listen "a" "b" { address = ":80" }`, `t.hcl:1:12: "listen" takes one label, its name`)
	f(`listen web { address = ":80" }`, `t.hcl:1:8: the name "web" needs quotes`, `did you mean "web"?`)
	f(`listen "" { address = ":80" }`, `t.hcl:1:8: the name is blank`)
	f(`listen "a b" { address = ":80" }`, `t.hcl:1:8: "a b" is not a name`)
	f(`listen "ä" { address = ":80" }`, `t.hcl:1:8: "ä" is not a name`)
	f(`listen "`+strings.Repeat("a", 101)+`" { address = ":80" }`, `longer than 100`)

	// node
	f(`node { id = "" }`, `t.hcl:1:13: id: the text is blank`)
	f(`node { id = " " }`, `id: the text is blank`)
	f(`node { id = "edge 1" }`, `t.hcl:1:13: id: "edge 1" is not a name: ' ' may not be in it`)
	f(`node { drain_timeout = "0s" }`, `drain_timeout: must be more than 0s`)
	f("node {\ndrain_timeout = \"5s\"\ndrain_grace = \"6s\"\n}", `t.hcl:3:1: "drain_grace", 6s, is more than "drain_timeout", 5s, of which it is a part`)
	f(`node { drain_grace = "11s" }`, `t.hcl:1:8: "drain_grace", 11s, is more than "drain_timeout", 10s`)
	f(`node { drain_timeout = "5s" drain_grace = "-1s" }`, `drain_grace: `)
	f(`node { id = 7 }`, `t.hcl:1:13: id: text in quotes is expected, not 7`, `did you mean "7"?`)
	f(`node { id = ["a"] }`, `t.hcl:1:13: id: text in quotes is expected, not a list`, `for example "a"`)
	f(`node { id = { a = "b" } }`, `id: text in quotes is expected, not a map`)
	f(`node { id = true }`, `id: text in quotes is expected, not true`)

	// listen
	f(`listen "a" {}`, `t.hcl:1:1: listen lacks "address"`, `address = "127.0.0.1:8080"`)
	f(`listen "a" { trusted_proxies = ["10.0.0.1/8"] }`, `t.hcl:1:33: trusted_proxies: "10.0.0.1/8" is not the first address`, `did you mean "10.0.0.0/8"?`)
	f(`listen "a" { trusted_proxies = ["private"] }`, `"private" is neither an address nor a network`)
	f(`listen "a" { trusted_proxies = [] }`, `trusted_proxies: the list is empty`)
	f(`listen "a" { address = "8081" }`, `t.hcl:1:24: address: "8081" is not an address`, `did you mean "127.0.0.1:8081"?`)
	f(`listen "a" { address = "localhost" }`, `did you mean "localhost:8080"?`)
	f(`listen "a" { address = "::1:80" }`, `IPv6 addresses stand in brackets`)
	f(`listen "a" { address = "a:http" }`, `"http" is not a port: 0 to 65535`)
	f(`listen "a" { address = "a:65536" }`, `"65536" is not a port`)
	f(`listen "a" { address = "a:" }`, `"" is not a port`)
	f(`listen "a" { address = "a:-1" }`, `"-1" is not a port`)
	f(`listen "a" { address = "a b:80" }`, `"a b" is not a host name`)
	f(`listen "a" { address = "http://a:80" }`, `address:`)
	f("listen \"a\" { address = \":1\" }\nlisten \"a\" { address = \":2\" }", `t.hcl:2:8: listen "a" is written twice`, `first written at t.hcl:1`)
	f("listen \"a\" { address = \":81\" }\nlisten \"b\" { address = \"127.0.0.1:81\" }", `t.hcl:2:24: address: port 81 is listened on twice`, `first written at t.hcl:1`)
	f("listen \"a\" { address = \"[::1]:81\" }\nlisten \"b\" { address = \"[::]:81\" }", `t.hcl:2:24: address: port 81`)
	f("listen \"a\" { address = \"localhost:81\" }\nlisten \"b\" { address = \"127.0.0.1:081\" }", `t.hcl:2:24: address: port 81`)
	f("listen \"a\" { address = \"a.test:81\" }\nlisten \"b\" { address = \"A.test:81\" }", `t.hcl:2:24: address: port 81`)
	f(`listen "a" { address = "127.0.0.1:9080" }`, `t.hcl:1:24: address: port 9080 is listened on twice`, `default of another block`)
	f(`admin { address = "127.0.0.1:8080" }`, `t.hcl:1:19: address: port 8080`, `default of another block`)
	listen := func(s string, wanted ...string) {
		t.Helper()
		f("listen \"a\" {\naddress = \":81\"\n"+s+"\n}", wanted...)
	}
	listen(`max_head = "1B"`, `t.hcl:3:12: max_head: 1 is less than the least possible, 1KiB`)
	listen(`max_head = "64kb"`, `max_head: "64kb" is not a size`, `did you mean "64KB"?`)
	listen(`max_head = "64k"`, `did you mean "64KiB"?`)
	listen(`max_head = "64 KiB"`, `did you mean "64KiB"?`)
	listen(`max_head = "1GiB"`, `max_head: 1GiB is more than the most possible, 16MiB`)
	listen(`max_head = "-1"`, `max_head: "-1" is negative`)
	listen(`max_head = ""`, `max_head: a size is expected, not an empty text`)
	listen(`max_head = "1.5MiB"`, `max_head: "1.5MiB" is not a size`)
	listen(`max_head = "many"`, `a size is written like "64KiB"`)
	listen(`max_head = true`, `max_head: a size in quotes is expected, not true`)
	listen(`max_head = ["1KiB"]`, `max_head: a size in quotes is expected, not a list`, `for example "1KiB"`)
	listen(`max_body = "9999999999TiB"`, `max_body: "9999999999TiB" is more than there is`)
	listen(`max_head = "2KiB"`+"\n"+`max_target = "4KiB"`, `t.hcl:4:1: "max_target" is more than "max_head", 2KiB`)
	listen(`max_fields = 0`, `t.hcl:3:14: max_fields: 0 is less than the least possible, 1`)
	listen(`max_fields = -1`, `max_fields: -1 is less`)
	listen(`max_fields = 1.5`, `max_fields: a whole number is expected, not 1.5`)
	listen(`max_fields = "100"`, `max_fields: a number is expected, not text`, `did you mean 100?`)
	listen(`max_fields = "many"`, `max_fields: a number is expected, not "many"`)
	listen(`max_fields = false`, `max_fields: a number is expected, not false`)
	listen(`max_connections = -1`, `max_connections: -1 is less than the least possible, 0`)
	listen(`head_timeout = 10`, `t.hcl:3:16: head_timeout: "10" has no unit`, `did you mean "10s"?`)
	listen(`head_timeout = "10"`, `head_timeout: "10" has no unit`, `did you mean "10s"?`)
	listen(`head_timeout = "10sec"`, `did you mean "10s"?`)
	listen(`head_timeout = "10 min"`, `did you mean "10m"?`)
	listen(`head_timeout = "10S"`, `did you mean "10s"?`)
	listen(`head_timeout = "-10s"`, `head_timeout: "-10s" is negative`)
	listen(`head_timeout = "0s"`, `head_timeout: must be more than 0s`)
	listen(`head_timeout = ""`, `head_timeout: a duration is expected, not an empty text`)
	listen(`head_timeout = "1.5s"`, `head_timeout: "1.5s" is not a duration`)
	listen(`head_timeout = "s"`, `head_timeout: "s" is not a duration`)
	listen(`head_timeout = "1h30"`, `head_timeout: "1h30" is not a duration`)
	listen(`head_timeout = "101y"`, `head_timeout: "101y" is not a duration`)
	listen(`head_timeout = "40000d"`, `more than a hundred years`)
	listen(`head_timeout = "99999999999999999999s"`, `more than a hundred years`)
	listen(`head_timeout = "36500d1ms"`, `more than a hundred years`)

	// admin
	f(`admin { address = "0.0.0.0:9080" }`, `t.hcl:1:19: address: "0.0.0.0:9080" can be reached from outside`, `token_file`)
	f(`admin { address = ":9080" }`, `can be reached from outside`)
	f(`admin { address = "[::]:9080" }`, `can be reached from outside`)
	f(`admin { address = "edge.test:9080" }`, `can be reached from outside`)
	f(`admin { address = "of" }`, `did you mean "off"?`)
	f(`admin { token_file = "no.token" }`, `t.hcl:1:22: token_file: no.token: no such file or directory`)
	f(`admin { token_file = "empty.token" }`, `token_file: empty.token is empty`)
	f(`admin { token_file = "bad.token" }`, `token_file: bad.token holds a token with a character that cannot be sent: at byte 5`)
	f(`admin { token_file = "." }`, `token_file: `, `not a regular file`)
	f(`admin { token_file = "/dev/zero" }`, `token_file: /dev/zero: not a regular file`)
	f(`admin { token_file = "" }`, `token_file: the text is blank`)
	f("admin {\naddress = \":9080\"\ntoken_file = \"no.token\"\n}", `t.hcl:3:14: token_file: no.token`)

	// tokens
	token := func(text string, wanted ...string) {
		t.Helper()
		f("admin {\ntoken_file = \"admin.token\"\ntoken \"a\" {\nfile = \"shop.token\"\n"+text+"\n}\n}", wanted...)
	}
	f("admin {\ntoken \"a\" { file = \"shop.token\" }\n}", `t.hcl:2:1: token "a" limits nobody`, `add token_file`)
	f("admin {\ntoken_file = \"admin.token\"\ntoken \"a\" {}\n}", `t.hcl:3:1: token lacks "file"`)
	f("admin {\ntoken_file = \"admin.token\"\ntoken { file = \"shop.token\" }\n}", `t.hcl:3:1: "token" lacks its name`)
	f("admin {\ntoken_file = \"admin.token\"\ntoken \"a b\" { file = \"shop.token\" }\n}", `' ' may not be in it`)
	f("admin {\ntoken_file = \"admin.token\"\ntoken \"a\" { file = \"empty.token\" }\n}", `t.hcl:3:20: file: empty.token is empty`)
	f("admin {\ntoken_file = \"admin.token\"\ntoken \"a\" { file = \"admin.token\" }\n}", `t.hcl:3:20: file: it holds the same token as another one`, `first written at t.hcl:2`)
	f("admin {\ntoken_file = \"admin.token\"\ntoken \"a\" { file = \"shop.token\" }\ntoken \"a\" { file = \"editors.token\" }\n}", `t.hcl:4:7: token "a" is written twice`)
	token(`sites = []`, `t.hcl:5:9: sites: the list is empty`)
	token(`sites = ["ap"]`, `t.hcl:5:10: sites: there is no site "ap"`, `did you mean "app"?`)
	token(`sites = "app"`, `did you mean ["app"]?`)
	token(`purges = []`, `t.hcl:5:10: purges: the list is empty`)
	token(`purges = ["urls"]`, `t.hcl:5:11: purges: "urls" is none of "url", "prefix", "tag", "host", "site", "all"`, `did you mean "url"?`)
	token(`may = []`, `t.hcl:5:7: may: the list is empty: the token could do nothing`, `leave it out`)
	token(`may = ["reload"]`, `t.hcl:5:8: may: "reload" is none of "purge", "read"`)
	token(`may = "read"`, `did you mean ["read"]?`)
	token("may = [\"read\"]\nsites = [\"app\"]", `t.hcl:6:1: sites: it is about purges, which the token may not make`, `add "purge" to may`)
	token("may = [\"read\"]\nsoft_only = true", `soft_only: it is about purges`)
	token("may = [\"read\"]\nrate = 1", `rate: it is about purges`)
	token(`rate = "100/s"`, `rate: a number is expected`)
	token(`rate = -1`, `rate: -1 is less than the least possible, 0`)
	token(`burst = 0`, `burst: 0 is less than the least possible, 1`)
	token(`burst = 10001`, `burst: 10001 is more than the most possible, 10000`)

	// store
	f(`store { memory = "1MiB" }`, `t.hcl:1:18: memory: 1MiB is less than the least possible, 16MiB`)
	f(`store { memory = "0" }`, `memory: 0 is less than the least possible, 16MiB`)
	f(`store { max_variants = 0 }`, `max_variants: 0 is less`)

	// log
	f(`log { access = "stdot" }`, `t.hcl:1:16: access: "stdot" is neither a word nor a file`, `did you mean "stdout"?`)
	f(`log { access = "" }`, `access: the text is blank`)
	f(`log { format = "jason" }`, `format: "jason" is none of "json", "combined"`, `did you mean "json"?`)
	f(`log { format = "JSON" }`, `did you mean "json"?`)
	f(`log { format = "" }`, `format: "" is none of`)
	f(`log { sample = 1.1 }`, `sample: 1.1 is more than the most possible, 1`)
	f(`log { sample = -0.1 }`, `sample: -0.1 is less than the least possible, 0`)
	f(`log { level = "warning" }`, `level: "warning" is none of "debug", "info", "warn", "error"`, `did you mean "warn"?`)
}

func TestErrorsInOrigins(t *testing.T) {
	dir := withFiles(t)
	f := func(text string, wanted ...string) {
		t.Helper()
		fails(t, dir, "origin \"app\" {\n"+text+"\n}\n"+aSite, wanted)
	}
	const server = "server \"http://127.0.0.1:9000\" {}\n"

	f(``, `t.hcl:1:1: origin lacks a server`, `server "http://127.0.0.1:9000" {}`)
	f(server+`balance = "hash"`, `unknown setting "balance"`)
	f(server+`health { path = "/" }`, `unknown block "health"`)
	f(server+`connect_timout = "1s"`, `t.hcl:3:1: unknown setting "connect_timout"`, `did you mean "connect_timeout"?`)
	f(server+`connect_timeout = "0s"`, `connect_timeout: must be more than 0s`)
	f(server+`max_connections = 0`, `max_connections: 0 is less`)
	f(server+`queue = -1`, `queue: -1 is less`)
	f(server+`retries = -1`, `retries: -1 is less`)
	f(server+`retry_status = [502, 399]`, `t.hcl:3:22: retry_status: 399 is less than the least possible, 400`)
	f(server+`retry_status = [600]`, `retry_status: 600 is more than the most possible, 599`)
	f(server+`retry_status = [502, 502]`, `t.hcl:3:22: retry_status: 502 is written twice`)
	f(server+`retry_status = 502`, `retry_status: a list is expected`)
	f(server+`resolve = "1ms"`, `resolve: 1ms is less than the least possible, 100ms`)
	f(server+`allow_private = "yes"`, `t.hcl:3:17: allow_private: true or false is expected, not "yes"`, `did you mean true?`)
	f(server+`allow_private = "true"`, `allow_private: true or false is expected, not "true"`, `did you mean true?`)
	f(server+`allow_private = 0`, `did you mean false?`)
	f(server+`allow_private = yes`, `the text yes needs quotes`)
	f(server+`host = "http://a.test"`, `host: `)
	f(server+`host = "a.test:0"`, `"0" is not a port: 1 to 65535`)
	f(server+`host = "a test"`, `"a test" is not a host name`)
	f(server+`host = "[::1"`, `host: `)
	f(server+`host = "[1.2.3.4]"`, `"[1.2.3.4]" is not an IPv6 address`)

	// servers
	f(`server "127.0.0.1:9000" {}`, `t.hcl:2:8: server: "127.0.0.1:9000" is not a server's URL`, `did you mean "http://127.0.0.1:9000"?`)
	f(`server "app.test" {}`, `did you mean "http://app.test"?`)
	f(`server "localhost:9000" {}`, `did you mean "http://localhost:9000"?`)
	f(`server "ftp://a.test" {}`, `the scheme must be http or https`, `did you mean "http://a.test"?`)
	f(`server "http://a.test/" {}`, `a server has no path`, `did you mean "http://a.test"?`)
	f(`server "http://a.test/x" {}`, `a server has no path`)
	f(`server "http://a.test?x" {}`, `a server has no path`)
	f(`server "http://a.test#" {}`, `a server has no path`)
	f(`server "http://user:secret@a.test" {}`, `the URL holds a user or a password`, `did you mean "http://a.test"?`)
	f(`server "http://a.test:" {}`, `the port is missing`)
	f(`server "http://a.test:0" {}`, `"0" is not a port: 1 to 65535`)
	f(`server "http://a.test:99999" {}`, `"99999" is not a port`)
	f(`server "http://a.test:x" {}`, `is not a server's URL`)
	f(`server "http://" {}`, `is not a server's URL`)
	f(`server "http://a..test" {}`, `a label is empty`)
	f(`server "http://0.0.0.0:80" {}`, `"0.0.0.0" is no address to connect to`)
	f(`server "http://127.1:80" {}`, `ends in a number and is no IPv4 address`)
	f(`server "" {}`, `is not a server's URL`)
	f(`server {}`, `"server" lacks its URL`, `server "http://127.0.0.1:9000" { ... }`)
	f("server \"http://a.test\" {}\nserver \"http://A.test:80\" {}", `t.hcl:3:8: server: "http://A.test:80" is written twice`, `first written at t.hcl:2`)
	f(`server "http://a.test" { weight = 0 }`, `t.hcl:2:35: weight: 0 is less than the least possible, 1`)
	f(`server "http://a.test" { weigth = 2 }`, `unknown setting "weigth"`, `did you mean "weight"?`)

	// tls
	f(server+`tls { ca_file = "no.pem" }`, `t.hcl:3:17: ca_file: no.pem: no such file or directory`)
	f(server+`tls { ca_file = "admin.token" }`, `ca_file: admin.token: it holds no certificate in PEM form`)
	f(server+"tls {\nca_file = \"ca.pem\"\ninsecure = true\n}", `t.hcl:4:1: "ca_file" has no meaning with insecure = true`, `insecure is set at t.hcl:5`)
	f(server+`tls { server_name = "a/b" }`, `"a/b" is not a host name`)
	f(server+"tls {}\ntls {}", `t.hcl:4:1: "tls" is written twice`)

	// over origins
	fails(t, dir, anOrigin+anOrigin+aSite, []string{`t.hcl:2:8: origin "app" is written twice`, `first written at t.hcl:1`})
}

func TestErrorsInSites(t *testing.T) {
	dir := withFiles(t)
	f := func(text string, wanted ...string) {
		t.Helper()
		fails(t, dir, anOrigin+"site \"a\" {\norigin = \"app\"\n"+text+"\n}\n", wanted)
	}
	whole := func(text string, wanted ...string) { t.Helper(); fails(t, dir, anOrigin+text, wanted) }

	whole(``, `t.hcl: no site`)
	whole(`site "a" {}`, `t.hcl:2:1: site lacks "hosts"`, `t.hcl:2:1: site lacks "origin"`)
	whole("site \"a\" {\nhosts = [\"*\"]\norigin = \"ap\"\n}", `t.hcl:4:10: origin: there is no origin "ap"`, `did you mean "app"?`)
	whole("site \"a\" {\nhosts = [\"*\"]\norigin = \"backend\"\n}", `there is no origin "backend"`, `did you mean "app"?`)
	whole("site \"a\" {\nhosts = [\"*\"]\norigin = \"\"\n}", `origin: the text is blank`)
	whole("site \"a\" {\nhosts = [\"*\"]\nredirect { to = \"/\" }\npath \"/x\" { ttl = \"1s\" }\n}", `site lacks "origin"`)
	whole(aSite+aSite, `t.hcl:6:6: site "app" is written twice`, `first written at t.hcl:2`, `t.hcl:7:10: host "*" is written twice`, `first written at t.hcl:3`)

	// hosts
	f(`hosts = []`, `t.hcl:4:9: hosts: the list is empty`)
	f(`hosts = "a.test"`, `t.hcl:4:9: hosts: a list is expected`, `did you mean ["a.test"]?`)
	f(`hosts = { a = "b" }`, `hosts: a list is expected`)
	f(`hosts = [""]`, `t.hcl:4:10: hosts: the text is blank`)
	f(`hosts = [1]`, `hosts: text in quotes is expected, not 1`)
	f(`hosts = ["a.test", "A.test"]`, `t.hcl:4:20: hosts: "A.test" is written twice`)
	f(`hosts = ["a.*.test"]`, `"*" may only be the whole or the first label`)
	f(`hosts = ["*a.test"]`, `"*" may only be the whole or the first label`)
	f(`hosts = ["*."]`, `a label is empty`)
	f(`hosts = ["**"]`, `"*" may only be`)
	f(`hosts = ["a.test:8080"]`, `is not a host name: ':' may not be in it`, `did you mean "a.test"?`)
	f(`hosts = ["https://a.test/x"]`, `did you mean "a.test"?`)
	f(`hosts = ["a.test."]`, `a label is empty`, `did you mean "a.test"?`)
	f(`hosts = ["bücher.test"]`, `write its "xn--" form`)
	f(`hosts = ["-a.test"]`, `a label begins or ends with "-"`)
	f(`hosts = ["::1"]`, `the IPv6 address ::1 needs brackets`, `did you mean "[::1]"?`)
	f(`hosts = ["[::g]"]`, `"[::g]" is not an IPv6 address`)
	f(`hosts = ["[fe80::1%eth0]"]`, `is not an IPv6 address`)
	f(`hosts = ["*.1.2.3.4"]`, `an address has no names below it`)
	f(`hosts = ["1.2.3"]`, `ends in a number and is no IPv4 address`)
	f(`hosts = ["`+strings.Repeat("a", 64)+`.test"]`, `longer than 63`)
	f(`hosts = ["`+strings.Repeat("a.", 127)+`test"]`, `longer than 253`)

	s := func(text string, wanted ...string) { t.Helper(); f("hosts = [\"*\"]\n"+text, wanted...) }

	// rules: the first line is the fifth
	s(`cache = "no"`, `t.hcl:5:9: cache: "no" is none of "on", "off"`, `did you mean "on"?`)
	s(`cache = "OFF"`, `did you mean "off"?`)
	s(`cache = off`, `t.hcl:5:9: the text off needs quotes`, `did you mean "off"?`)
	s(`cache = false`, `cache: text in quotes is expected, not false`)
	s(`ttl = 30`, `t.hcl:5:7: ttl: "30" has no unit`, `did you mean "30s"?`)
	s(`ttl = "5s" default_ttl = "5s"`, `t.hcl:5:12: "default_ttl" has no meaning with "ttl"`)
	s(`min_ttl = "10s" max_ttl = "5s"`, `t.hcl:5:17: "max_ttl" is less than "min_ttl", 10s`)
	s(`min_ttl = "10s" ttl = "5s"`, `t.hcl:5:17: "ttl" is less than "min_ttl", 10s`)
	s(`max_ttl = "10s" ttl = "1h30m"`, `t.hcl:5:1: "max_ttl" is less than "ttl", 1h30m`)
	s(`max_ttl = "10s" default_ttl = "11s"`, `"max_ttl" is less than "default_ttl", 11s`)
	s("max_ttl = \"10s\"\npath \"/a\" {\nmin_ttl = \"1m\"\n}", `t.hcl:7:1: "min_ttl" is more than "max_ttl", 10s`)
	s(`evict_status = [503]`, `t.hcl:5:17: evict_status: 503 is more than the most possible, 499`)
	s(`evict_status = 404`, `evict_status: a list is expected`)
	s(`negative_ttl = { "200" = "10s" }`, `t.hcl:5:18: negative_ttl: "200" is not an error status: 400 to 599`)
	s(`negative_ttl = { "600" = "10s" }`, `negative_ttl: "600" is not an error status`)
	s(`negative_ttl = { "4xx" = "10s" }`, `negative_ttl: "4xx" is not an error status`)
	s(`negative_ttl = { "404" = 10 }`, `negative_ttl: "10" has no unit`, `did you mean "10s"?`)
	s(`negative_ttl = { "404" = "1s", "404" = "2s" }`, `t.hcl:5:32: negative_ttl: "404" is written twice`)
	s(`negative_ttl = "10s"`, `negative_ttl: a map is expected`, `for example { "404" = "10s" }`)
	s(`negative_ttl = ["10s"]`, `negative_ttl: a map is expected`)
	s(`heuristic = "off"`, `did you mean false?`)
	s(`client_directives = "honor"`, `client_directives: "honor" is none of "ignore", "honour"`, `did you mean "honour"?`)

	// cache = "off" is a wall
	for _, with := range []string{`ttl = "1s"`, `default_ttl = "1s"`, `min_ttl = "1s"`, `max_ttl = "1s"`, `stale_while_revalidate = "1s"`,
		`stale_if_error = "1s"`, `negative_ttl = {}`, `store_set_cookie = true`, `store_private = true`, `store_no_cache = true`, `any_type = true`, `store_authorization = true`} {
		name, _, _ := strings.Cut(with, " ")
		s("cache = \"off\"\n"+with, `t.hcl:6:1: "`+name+`" has no meaning with cache = "off"`, `cache is set at t.hcl:5`)
		s("path \"/a\" {\ncache = \"off\"\n"+with+"\n}", `t.hcl:7:1: "`+name+`" has no meaning with cache = "off"`)
	}

	// paths
	s(`path {}`, `t.hcl:5:1: "path" lacks its pattern`)
	s(`path "" {}`, `t.hcl:5:6: the pattern is blank`)
	s(`path "a/**" {}`, `t.hcl:5:6: the pattern "a/**" does not begin with "/"`, `did you mean "/a/**"?`)
	s(`path "https://a.test/b" {}`, `did you mean "/b"?`)
	s(`path "**" {}`, `did you mean "/**"?`)
	s(`path "/***" {}`, `only "*" and "**" mean something`, `did you mean "/**"?`)
	s(`path "/a?b=*" {}`, `goes beyond the path`, `block "key"`)
	s(`path "/a#b" {}`, `goes beyond the path`)
	s(`path "/a b" {}`, `' ' does not stand in paths as it is`, `did you mean "/a%20b"?`)
	s(`path "/ä" {}`, `did you mean "/%C3%A4"?`)
	s(`path "/%7Euser" {}`, `did you mean "/~user"?`)
	s(`path "/%c3%a4" {}`, `did you mean "/%C3%A4"?`)
	s(`path "/100%" {}`, `"%" is not followed by two hexadecimal digits`)
	s(`path "/a/../b" {}`, `has a dot segment`)
	s("path \"/a\" {}\npath \"/a\" {}", `t.hcl:6:6: path "/a" is written twice in the site`, `first written at t.hcl:5`)
	s(`path "/a" { hosts = ["b"] }`, `unknown setting "hosts"`, `"hosts" belongs in a block "site"`)
	// purge
	s(`purge {}`, `t.hcl:5:1: purge lacks "allow"`)
	s(`purge { allow = [] }`, `t.hcl:5:17: allow: the list is empty`, `["127.0.0.1", "::1"]`)
	s(`purge { allow = "127.0.0.1" }`, `allow: a list is expected`)
	s(`purge { allow = ["localhost"] }`, `t.hcl:5:18: allow: "localhost" is neither an address nor a network`, `names are not looked up`)
	s(`purge { allow = ["10.0.0.0/33"] }`, `"10.0.0.0/33" is neither`)
	s(`purge { allow = ["fe80::1%eth0"] }`, `"fe80::1%eth0" is neither`)
	s(`purge { allow = ["10.1.2.3/8"] }`, `"10.1.2.3/8" is not the first address of its network`, `did you mean "10.0.0.0/8"?`)
	s(`purge { allow = ["::ffff:10.0.0.0/104"] }`, `is an IPv4 network in the form of IPv6`)
	s(`purge { allow = ["::1", "10.0.0.1", "10.0.0.1/32"] }`, `t.hcl:5:37: allow: "10.0.0.1/32" is written twice`)
	s(`purge { allow = [1] }`, `text in quotes is expected`)
	s(`purge { allow = ["::1"] soft = "yes" }`, `soft: true or false is expected`)
	s("purge { allow = [\"::1\"] }\npurge { allow = [\"::1\"] }", `"purge" is written twice`)
	s(`path "/a" { purge { allow = ["::1"] } }`, `unknown block "purge"`, `"purge" belongs in a block "site"`)
	s(`path "/a" { path "/b" {} }`, `unknown block "path"`)

	// key
	s(`key { query = "some" }`, `query: "some" is none of "all", "none", "keep", "drop"`)
	s(`key { query = "keep" }`, `t.hcl:5:7: query = "keep" lacks "params"`)
	s(`key { params = ["a"] }`, `t.hcl:5:7: "params" has no meaning with query = "all"`)
	s(`key { query = "none" sort = true }`, `"sort" has no meaning with query = "none"`)
	s(`key { query = "drop" params = ["a=b"] }`, `params: "a=b" is not a parameter's name: '=' may not be in it`)
	s(`key { query = "drop" params = ["a b"] }`, `' ' may not be in it`)
	s(`key { query = "drop" params = ["a", "a"] }`, `params: "a" is written twice`)
	s(`key { headers = ["Accept Language"] }`, `headers: "Accept Language" is not a name`)
	s(`key { headers = ["Accept:"] }`, `did you mean "Accept"?`)
	s(`key { headers = ["A", "a"] }`, `headers: "a" is written twice`)
	s(`key { headers = ["A"] ignore = ["a"] }`, `"A" is in the key and ignored`)
	s(`key { headers = ["X-A-*"] ignore = ["x-*"] }`, `"X-A-*" is in the key and ignored`)
	s(`key { headers = ["X-Forwarded-For"] }`, `headers: "X-Forwarded-For" cannot be in the key`)
	s(`key { cookies = ["wp_*_x"] }`, `cookies: "wp_*_x" matches nothing: "*" stands for the rest of a name, at its end`, `did you mean "wp_*"?`)
	s(`key { query = "drop" params = ["*_id"] }`, `params: "*_id" matches nothing`)
	s(`bypass { cookies = ["*_logged_in"] }`, `cookies: "*_logged_in" matches nothing`)
	s(`bypass { headers = ["A B"] }`, `headers: "A B" is not a name`)
	s(`bypass { headers = ["A", "a"] }`, `headers: "a" is written twice`)
	s(`bypass { query = ["a=b"] }`, `query: "a=b" is not a parameter's name`)
	s(`bypass { cookie = ["a"] }`, `unknown setting "cookie"`, `did you mean "cookies"?`)
	s(`unknown_fields = "ignore"`, `unknown_fields: "ignore"`)
	s(`key { ignore = ["*", "A"] }`, `"*" ignores all fields`)
	s(`key { cookies = ["a;b"] }`, `cookies: "a;b" is not a name`)
	s("key {}\nkey {}", `t.hcl:6:1: "key" is written twice`, `first written at t.hcl:5`)

	// RFC 9110 sections 5.1, 5.5 and 7.6.1: edits
	s(`request { set = { "Host" = "a" } }`, `t.hcl:5:19: set: "Host" cannot be changed here`, `in the origin`)
	s(`request { remove = ["CDN-Loop"] }`, `remove: "CDN-Loop" cannot be changed`)
	s(`request { set = { "Content-Length" = "1" } }`, `"Content-Length" frames messages`)
	s(`response { set = { transfer-encoding = "a" } }`, `"transfer-encoding" frames messages`)
	s(`response { set = { Age = "77" } }`, `"Age" is written anew`)
	s(`response { remove = ["Cache-Status"] }`, `"Cache-Status" is written anew`)
	s(`response { remove = ["Connection"] }`, `"Connection" is for one connection only`)
	long := strings.Repeat("x", 1<<16)
	s(`response { set = { "`+long+`" = "a" } }`, `set: the field's name is longer than 65535 characters`)
	s(`path "/a" { respond { headers = { "`+long+`" = "a" } } }`, `headers: the field's name is longer than 65535 characters`)
	s(`request { remove = ["TE"] }`, `"TE" is for one connection only`)
	s(`request { set = { "X:" = "a" } }`, `set: "X:" is not a name`, `did you mean "X"?`)
	s(`request { set = { "" = "a" } }`, `set: a name is blank`)
	s(`request { set = { X = "a\r\nY: b" } }`, `t.hcl:5:23: set: the field's value holds a line break`)
	s(`request { set = { X = "a\u0000" } }`, `the field's value holds the control character 0x00`)
	s(`request { set = { X = " a" } }`, `begins or ends with white space`)
	s(`request { set = { X = 1 } }`, `set: text in quotes is expected, not 1`, `did you mean "1"?`)
	s(`request { set = { X = "a", x = "b" } }`, `set: "x" is written twice`)
	s(`request { set = ["a"] }`, `set: a map is expected`)
	s(`request { remove = ["X"] set = { x = "a" } }`, `"x" is removed and set`)
	s(`request { set { X = "a" } }`, `"set" is a setting`, `set = ...`)

	// redirect and respond
	s(`redirect {}`, `t.hcl:5:1: redirect lacks "to"`)
	s(`redirect { to = "" }`, `to: the text is blank`)
	s(`redirect { to = "/" status = 200 }`, `t.hcl:5:30: status: 200 does not redirect`)
	s(`redirect { to = "/" status = 304 }`, `status: 304 does not redirect`)
	s(`redirect { to = "www.a.test" }`, `to: "www.a.test" is neither a URL nor a path`, `did you mean "https://www.a.test"?`)
	s(`redirect { to = "ftp://a.test/" }`, `is neither a URL nor a path`)
	s(`redirect { to = "//a.test/" }`, `can lead to another host`)
	s(`redirect { to = "/{path}" }`, `can lead to another host`)
	s(`redirect { to = "https://a{path}b/" }`, `to: "a{path}b" is not a host name`)
	s(`redirect { to = "https://{host}.evil.test/" }`, `behind {host} only a port or a path may stand`)
	s(`redirect { to = "https://{path}" }`, `to: `)
	s(`redirect { to = "https://a.test{path}{query}" }`, `{query} comes without its "?"`, `did you mean "https://a.test{path}?{query}"?`)
	s(`redirect { to = "/{uri}" }`, `there is no {uri}`)
	s(`redirect { to = "/{path" }`, `a brace has no partner`)
	s(`redirect { to = "/path}" }`, `a brace has no partner`)
	s(`redirect { to = "/a b" }`, `' ' does not stand in URLs`)
	s(`redirect { to = "/a\r\nSet-Cookie: a" }`, `does not stand in URLs`)
	s("redirect { to = \"/\" }\nrespond {}", `t.hcl:6:1: a rule redirects or responds, not both`, `first written at t.hcl:5`)
	s(`respond { status = 100 }`, `status: 100 is less than the least possible, 200`)
	s(`respond { status = 600 }`, `status: 600 is more`)
	s(`respond { status = 204 body = "x" }`, `body: a response with status 204 has none`)
	s(`respond { status = 206 }`, `status: 206 answers a range request only`)
	s(`respond { headers = { "Content-Length" = "1" } }`, `headers: "Content-Length" frames messages`)
}

func TestErrorsOfEnvironment(t *testing.T) {
	t.Setenv("CONF_TEST_SET", "a.test")
	f := func(value string, wanted ...string) {
		t.Helper()
		fails(t, t.TempDir(), anOrigin+"site \"a\" {\norigin = \"app\"\nhosts = ["+value+"]\n}\n", wanted)
	}
	f(`env("CONF_TEST_UNSET")`, `t.hcl:4:10: hosts: the environment variable "CONF_TEST_UNSET" is not set`)
	f(`"x.${env("CONF_TEST_UNSET")}"`, `t.hcl:4:15: hosts: the environment variable "CONF_TEST_UNSET" is not set`)
	f(`env("CONF_TEST_UNSET", "")`, `hosts: the text is blank`)
	f(`env("A", "b", "c")`, `env takes a name and at most one default`)
	f(`env()`, `t.hcl:4:14: hosts: not enough function arguments`)
	f(`env`, `t.hcl:4:10: hosts: `)
	f(`getenv("A")`, `unknown function "getenv"`, `env("NAME")`)
	f(`"${CONF_TEST_SET}"`, `the text CONF_TEST_SET needs quotes`)
	f(`"${env("CONF_TEST_SET") }:1"`, `':' may not be in it`)
}
