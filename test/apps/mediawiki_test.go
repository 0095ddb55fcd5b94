package apps

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"brink/test/brinktest"
)

const maintenance = "/usr/share/mediawiki/maintenance/"

// mediawikiPages are twenty pages of the wiki, with titles that have to be escaped
// in a URL.
func mediawikiPages() (pages []string) {
	pages = []string{
		"/wiki/Main_Page", "/wiki/Caf%C3%A9_(bar)", "/wiki/Who%3F", "/wiki/AC/DC", "/wiki/R%26D", "/wiki/100%25_cotton",
		"/w/index.php?title=Article_1&action=history", "/wiki/Template:Note", "/wiki/Talk:Article_1",
	}
	for i := 1; i <= 11; i++ {
		pages = append(pages, fmt.Sprintf("/wiki/Article_%d", i))
	}
	return pages
}

// wiki is a MediaWiki behind a node.
type wiki struct {
	*front

	env []string
}

func TestMediaWiki(t *testing.T) {
	large(t, "mediawiki", "php-cli", "php-sqlite3", "php-curl", "php-xml", "php-mbstring", "php-intl", "chromium")
	w := startMediaWiki(t)
	pages := mediawikiPages()
	second := w.browseTwice(t, pages, 90)

	fordina, marvina := w.newVisitor(t, "Fordina"), w.newVisitor(t, "Marvina")
	w.login(t, fordina)
	w.login(t, marvina)
	visitors := []*visitor{fordina, marvina}
	for i := range 10 {
		visitors = append(visitors, w.newVisitor(t, fmt.Sprintf("anonymous-%d", i)))
	}
	// A page with a form for a login or an edit gives who asks for it a session: one
	// of the anonymous visitors has one.
	visitors[2].get(t, "/w/index.php?title=Article_2&action=edit")
	visitors[2].get(t, "/w/index.php?title=Special:UserLogin")
	more := append(pages, "/wiki/Special:RecentChanges", "/wiki/Nothing_here", "/w/api.php?action=query&meta=userinfo&format=json")
	w.mix(t, 2000, visitors, more, func(a *answer) {
		html := strings.HasPrefix(a.header.Get("Content-Type"), "text/html")
		if a.to.user && html && !strings.Contains(a.body, `"wgUserName":"`+a.to.name+`"`) {
			t.Errorf("%s got %s as if not logged in: %s", a.to.name, a.path, a.cache())
		}
	})

	w.poison(t, "/w/index.php?title=Article_6&visit=")
	w.editPages(t, fordina)
	w.editTemplate(t, fordina)
	w.logout(t, marvina)
	w.ownTokens(t, append(pages, more...), `"(?:csrf|patrol|watch)Token":"([0-9a-f]{20,})`, `name="?(?:wpEditToken|wpLoginToken)"?[^>]*value="([0-9a-f]{20,})`,
		`value="([0-9a-f]{20,})[^"]*" name="(?:wpEditToken|wpLoginToken)"`)
	w.noLeaks(t, second)
}

func startMediaWiki(t *testing.T) *wiki {
	t.Helper()
	dir, origin := t.TempDir(), brinktest.FreeAddress(t)
	f := startFront(t, "MediaWiki", "mediawiki.hcl", "wiki.example.com", origin)
	w := &wiki{front: f, env: environment("MW_CONFIG_FILE", filepath.Join(dir, "LocalSettings.php"), "APPS_NODE", f.Address, "PHP_CLI_SERVER_WORKERS", "6")}
	install := exec.Command("php", maintenance+"install.php", "--dbtype", "sqlite", "--dbpath", dir, "--dbname", "wiki", "--confpath", dir,
		"--server", "http://"+f.host, "--scriptpath", "/w", "--pass", "publisher-password-1", "Wiki", "Publisher")
	run(t, install)
	settings, err := os.ReadFile("mediawiki/settings.php")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "LocalSettings.php"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(settings); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	server := exec.Command("php", "-d", "opcache.enable_cli=1", "-S", origin, absolute(t, "mediawiki/router.php"))
	server.Dir, server.Env = "/usr/share/mediawiki", w.env
	launch(t, server, "tcp", origin)
	w.write(t, "Template:Note", "Note of the first edition.")
	for _, page := range mediawikiPages() {
		title, isPage := strings.CutPrefix(page, "/wiki/")
		if title, err = url.PathUnescape(title); err == nil && isPage && title != "Template:Note" {
			w.write(t, title, "First edition. {{Note}} [[Article 1]]")
		}
	}
	for _, name := range []string{"Fordina", "Marvina"} {
		w.maintain(t, "", "createAndPromote.php", name, "pw-of-"+name)
	}
	w.maintain(t, "", "runJobs.php")
	return w
}

// maintain runs a maintenance script.
func (w *wiki) maintain(t *testing.T, stdin, script string, args ...string) {
	t.Helper()
	cmd := exec.Command("php", append([]string{maintenance + script}, args...)...)
	cmd.Env, cmd.Stdin = w.env, strings.NewReader(stdin)
	run(t, cmd)
}

func (w *wiki) write(t *testing.T, title, text string) {
	t.Helper()
	w.maintain(t, text, "edit.php", "-u", "Publisher", title)
}

var loginToken = regexp.MustCompile(`name="wpLoginToken"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="wpLoginToken"`)

func (w *wiki) login(t *testing.T, v *visitor) {
	t.Helper()
	m := loginToken.FindStringSubmatch(v.get(t, "/w/index.php?title=Special:UserLogin").body)
	if m == nil {
		t.Fatal("the form for the login has no token")
	}
	v.post(t, "/w/index.php?title=Special:UserLogin", url.Values{
		"wpName": {v.name}, "wpPassword": {"pw-of-" + v.name}, "wpLoginToken": {unescapeToken(m[1] + m[2])}, "authAction": {"login"}, "wploginattempt": {"Log in"},
	})
	if v.cookie("wikiUserName") != v.name {
		t.Fatalf("%s could not log in", v.name)
	}
	v.user = true
	v.owns(v.name, "name")
}

// unescapeToken undoes what HTML does to the end of a token, "+\".
func unescapeToken(token string) string { return strings.ReplaceAll(token, "&#92;", `\`) }

var csrfToken = regexp.MustCompile(`"csrftoken":"([^"]*)"`)

// edit changes a page through the node, as a user.
func (w *wiki) edit(t *testing.T, v *visitor, title, text string) {
	t.Helper()
	m := csrfToken.FindStringSubmatch(v.get(t, "/w/api.php?action=query&meta=tokens&format=json").body)
	if m == nil {
		t.Fatal("there is no token for edits")
	}
	token := strings.ReplaceAll(m[1], `\\`, `\`)
	a := v.post(t, "/w/api.php", url.Values{"action": {"edit"}, "format": {"json"}, "title": {title}, "text": {text}, "token": {token}})
	if !strings.Contains(a.body, `"result":"Success"`) {
		t.Fatalf("no edit of %s: %s", title, a.body)
	}
}

// editPages edits pages, and has others read them before and after.
func (w *wiki) editPages(t *testing.T, editor *visitor) {
	t.Helper()
	reader := w.newVisitor(t, "reader")
	for i, page := range mediawikiPages() {
		title, err := url.PathUnescape(strings.TrimPrefix(page, "/wiki/"))
		if err != nil || !strings.HasPrefix(page, "/wiki/") || strings.HasPrefix(title, "Template") {
			continue
		}
		reader.get(t, page)
		reader.get(t, page)
		from, text := len(w.requests(0)), fmt.Sprintf("Edition %d by somebody.", i)
		w.edit(t, editor, title, text+" {{Note}}")
		w.awaitPurge(t, from, page)
		if a := reader.get(t, page); !strings.Contains(a.body, text) {
			t.Errorf("%s is old after the purge: %s", page, a.cache())
		}
	}
}

// editTemplate edits a template: the pages that use it are purged by a job.
func (w *wiki) editTemplate(t *testing.T, editor *visitor) {
	t.Helper()
	reader := w.newVisitor(t, "reader of notes")
	w.edit(t, editor, "Template:Note", "Note of the second edition.")
	w.maintain(t, "", "runJobs.php")
	for _, page := range []string{"/wiki/Article_3", "/wiki/AC/DC", "/wiki/Who%3F"} {
		if a := reader.get(t, page); !strings.Contains(a.body, "Note of the second edition.") {
			t.Errorf("%s has the old template: %s", page, a.cache())
		}
	}
}

func (w *wiki) logout(t *testing.T, v *visitor) {
	t.Helper()
	m := csrfToken.FindStringSubmatch(v.get(t, "/w/api.php?action=query&meta=tokens&format=json").body)
	v.post(t, "/w/api.php", url.Values{"action": {"logout"}, "format": {"json"}, "token": {strings.ReplaceAll(m[1], `\\`, `\`)}})
	for range 2 {
		if a := v.get(t, "/wiki/Article_4"); !strings.Contains(a.body, `"wgUserName":null`) {
			t.Errorf("%s is known after the logout: %s", v.name, a.cache())
		}
	}
}
