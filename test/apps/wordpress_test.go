package apps

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"brink/test/brinktest"
)

// wordpressPages are twenty pages of the blog.
func wordpressPages() (pages []string) {
	pages = []string{"/", "/page/2/", "/tag/tag1/", "/category/uncategorized/"}
	for i := 1; i <= 12; i++ {
		pages = append(pages, fmt.Sprintf("/post-%d/", i))
	}
	for i := 1; i <= 4; i++ {
		pages = append(pages, fmt.Sprintf("/page-%d/", i))
	}
	return pages
}

func TestWordPress(t *testing.T) {
	large(t, "wordpress", "wordpress-theme-twentytwentyone", "php-cli", "php-mysql", "mariadb-server-core", "mariadb-client-core", "chromium")
	f := startWordPress(t)
	pages := wordpressPages()
	second := f.browseTwice(t, pages, 90)

	boss, reader := f.newVisitor(t, "zaphodia"), f.newVisitor(t, "trillianne")
	wordpressLogin(t, boss)
	wordpressLogin(t, reader)
	visitors := []*visitor{boss, reader}
	for i := range 10 {
		visitors = append(visitors, f.newVisitor(t, fmt.Sprintf("anonymous-%d", i)))
	}
	f.mix(t, 2000, visitors, append(pages, "/feed/", "/wp-json/wp/v2/posts", "/?s=edition", "/nothing/", "/locked/"), func(a *answer) {
		html := strings.HasPrefix(a.header.Get("Content-Type"), "text/html")
		if a.to.user && html && !strings.Contains(a.body, "Dear "+a.to.name) {
			t.Errorf("%s got %s as if not logged in: %s", a.to.name, a.path, a.cache())
		}
	})

	f.poison(t, "/post-6/?visit=")
	f.wordpressDisguise(t, boss)
	f.wordpressApp(t, boss)
	wordpressComment(t, f)
	wordpressPassword(t, f)
	wordpressPurges(t, f, boss)
	wordpressLogout(t, f, reader)
	f.ownTokens(t, append(pages, "/wp-login.php"), `nonce[^0-9a-f]{1,12}([0-9a-f]{10})\b`)
	f.noLeaks(t, second)
}

// startWordPress installs WordPress in a directory and runs it behind a node.
func startWordPress(t *testing.T) *front {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	run(t, exec.Command("cp", "-rL", "/usr/share/wordpress", root))
	for _, name := range []string{"wp-config.php", "router.php"} {
		run(t, exec.Command("cp", filepath.Join("wordpress", name), root))
	}
	run(t, exec.Command("cp", "-r", "wordpress/mu-plugins", filepath.Join(root, "wp-content")))
	socket := startMariaDB(t)
	install := exec.Command("php", "wordpress/install.php", root, "zaphodia:pw-zaphodia:administrator", "trillianne:pw-trillianne:subscriber")
	install.Env = environment("APPS_SOCKET", socket)
	run(t, install)

	origin := brinktest.FreeAddress(t)
	f := startFront(t, "WordPress", "wordpress.hcl", "blog.example.com", origin)
	server := exec.Command("php", "-d", "opcache.enable_cli=1", "-S", origin, "router.php")
	server.Dir = root
	server.Env = environment("APPS_SOCKET", socket, "APPS_NODE", f.Address, "PHP_CLI_SERVER_WORKERS", "6")
	p := launch(t, server, "tcp", origin)
	t.Cleanup(func() {
		for line := range strings.Lines(p.text()) {
			if strings.Contains(line, "PHP Fatal") || strings.Contains(line, "purge of") {
				t.Error(line)
			}
		}
	})
	return f
}

// startMariaDB runs a database of the test's own, and returns its socket.
func startMariaDB(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mariadb") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "socket")
	who := fmt.Sprintf("--user=%s", os.Getenv("USER"))
	if os.Getuid() == 0 {
		who = "--user=root"
	}
	run(t, exec.Command("mariadb-install-db", "--no-defaults", who, "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db"))
	mariadbd, err := exec.LookPath("mariadbd")
	if err != nil {
		mariadbd = "/usr/sbin/mariadbd"
	}
	launch(t, exec.Command(mariadbd, "--no-defaults", who, "--datadir="+data, "--socket="+socket, "--skip-networking",
		"--innodb-flush-log-at-trx-commit=0"), "unix", socket)
	run(t, exec.Command("mariadb", "--no-defaults", "-uroot", "-S", socket, "-e", "create database wordpress"))
	return socket
}

func wordpressLogin(t *testing.T, v *visitor) {
	t.Helper()
	v.get(t, "/wp-login.php")
	v.post(t, "/wp-login.php", url.Values{"log": {v.name}, "pwd": {"pw-" + v.name}, "testcookie": {"1"}, "redirect_to": {"/"}})
	if v.cookie("wordpress_logged_in_") == "" {
		t.Fatalf("%s could not log in", v.name)
	}
	v.user = true
	v.owns(v.name, "name")
	for _, path := range []string{"/wp-admin/", "/wp-admin/profile.php"} {
		v.get(t, path)
	}
}

// wordpressComment has somebody write a comment that waits for approval, which only
// they see.
func wordpressComment(t *testing.T, f *front) {
	t.Helper()
	v, other := f.newVisitor(t, "commenter"), f.newVisitor(t, "other reader")
	form := url.Values{
		"author": {"Arthurina of Cottington"}, "email": {"arthurina@example.com"}, "comment": {"Nobody may read this yet."},
		"comment_post_ID": {"4"}, "comment_parent": {"0"}, "wp-comment-cookies-consent": {"yes"},
	}
	for _, name := range []string{"author", "email", "comment"} {
		v.owns(form.Get(name), name)
	}
	a := v.post(t, "/wp-comments-post.php", form)
	if a.status != 302 || v.cookie("comment_author_") == "" {
		t.Fatalf("no comment: %d %s", a.status, a.body)
	}
	for range 2 {
		for _, path := range []string{"/post-1/", strings.TrimPrefix(a.header.Get("Location"), "http://"+f.host)} {
			path, _, _ = strings.Cut(path, "#")
			if mine := v.get(t, path); !strings.Contains(mine.body, "Nobody may read this yet.") {
				t.Errorf("the comment is not shown to who wrote it on %s: %s", path, mine.cache())
			}
		}
		other.get(t, "/post-1/")
	}
}

// wordpressPassword has somebody enter the password of a page.
func wordpressPassword(t *testing.T, f *front) {
	t.Helper()
	v, other := f.newVisitor(t, "initiate"), f.newVisitor(t, "outsider")
	v.owns("The text behind the password.", "page behind a password")
	for range 2 {
		if a := other.get(t, "/locked/"); !strings.Contains(a.body, "post_password") {
			t.Errorf("no form for the password: %d %s", a.status, a.cache())
		}
		v.post(t, "/wp-login.php?action=postpass", url.Values{"post_password": {"sesame"}})
		if a := v.get(t, "/locked/"); !strings.Contains(a.body, "The text behind the password.") {
			t.Errorf("the page stays locked: %d %s", a.status, a.cache())
		}
	}
}

// wordpressPurges edits a post in the editor's way, which the plugin purges, and
// purges all.
func wordpressPurges(t *testing.T, f *front, boss *visitor) {
	t.Helper()
	anonymous := f.newVisitor(t, "reader of news")
	nonce := wordpressNonce(t, boss)
	edit := func(i int) {
		text := fmt.Sprintf("Post 14 as of edition %d.", i)
		a := boss.do(t, "POST", "/wp-json/wp/v2/posts/17", fmt.Sprintf(`{"content":%q,"excerpt":%q}`, text, text), "Content-Type", "application/json", "X-WP-Nonce", nonce)
		if a.status != 200 {
			t.Errorf("no edit: %d %s", a.status, a.body)
		}
	}
	edit(1)
	f.neverOld(t, []string{"/post-14/", "/", "/feed/"}, "Post 14 as of edition ", 1, 30, edit)
	_, rest, _ := strings.Cut(boss.get(t, "/").body, "action=apps_purge_all&#038;_wpnonce=")
	nonce, _, _ = strings.Cut(rest, `"`)
	anonymous.get(t, "/post-3/")
	if a := boss.get(t, "/wp-admin/admin-post.php?action=apps_purge_all&_wpnonce="+nonce); a.status != 302 {
		t.Errorf("purge all: %d", a.status)
	}
	if a := anonymous.get(t, "/post-3/"); a.hit() {
		t.Errorf("a hit after all was purged: %s", a.cache())
	}
}

// wordpressLogout sees to it that who logs out gets what everybody gets.
func wordpressLogout(t *testing.T, f *front, v *visitor) {
	t.Helper()
	_, rest, _ := strings.Cut(v.get(t, "/post-3/").body, "action=logout&#038;_wpnonce=")
	nonce, _, _ := strings.Cut(rest, "'")
	v.get(t, "/wp-login.php?action=logout&_wpnonce="+nonce)
	if v.cookie("wordpress_logged_in_") != "" {
		t.Fatalf("%s is still logged in", v.name)
	}
	for range 2 {
		if a := v.get(t, "/post-3/"); strings.Contains(a.body, v.name) {
			t.Errorf("%s is greeted after the logout: %s", v.name, a.cache())
		}
	}
}

// wordpressDisguise sends a session's cookie under names that PHP takes for the right
// one, as it makes "_" of "." and blanks: nobody else gets the page.
func (f *front) wordpressDisguise(t *testing.T, v *visitor) {
	t.Helper()
	var session string
	for _, c := range v.client.Jar.Cookies(&url.URL{Scheme: "http", Host: f.host, Path: "/"}) {
		if strings.HasPrefix(c.Name, "wordpress_logged_in_") {
			session = c.Name + "=" + c.Value
		}
	}
	attacker, reader := f.newVisitor(t, "attacker in disguise"), f.newVisitor(t, "reader of posts")
	attacker.is = v
	for i, as := range []string{
		strings.Replace(session, "wordpress_logged", "wordpress.logged", 1), strings.Replace(session, "logged_in_", "logged.in.", 1),
		"a=b;" + session, "a=\"b;" + session, "a;" + session, session[:10] + "=;" + session, strings.ToUpper(session[:20]) + session[20:],
	} {
		path := fmt.Sprintf("/post-7/?disguise=%d", i)
		attacker.get(t, path, "Cookie", as)
		for range 2 {
			if a := reader.get(t, path); a.status != 200 || strings.Contains(a.body, v.name) {
				t.Errorf("a reader gets the page of %s, who sent %s: %s", v.name, as, a.cache())
			}
		}
	}
}

// wordpressNonce returns what the API wants to hear from the editor of a user.
func wordpressNonce(t *testing.T, v *visitor) string {
	t.Helper()
	_, rest, _ := strings.Cut(v.get(t, "/wp-admin/post.php?post=17&action=edit").body, `createNonceMiddleware( "`)
	nonce, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatal("the editor has no nonce for the API")
	}
	return nonce
}

// wordpressApp has an app use the API with a password of its own, in Authorization and
// without cookies: what it may read stays with it.
func (f *front) wordpressApp(t *testing.T, boss *visitor) {
	t.Helper()
	a := boss.do(t, "POST", "/wp-json/wp/v2/users/me/application-passwords", `{"name":"app"}`, "Content-Type", "application/json", "X-WP-Nonce", wordpressNonce(t, boss))
	_, rest, _ := strings.Cut(a.body, `"password":"`)
	password, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("no password for an app: %d %s", a.status, a.body)
	}
	app, other := f.newVisitor(t, "app"), f.newVisitor(t, "another app")
	app.is = boss
	boss.owns(password, "password of an app")
	authorization := "Basic " + base64.StdEncoding.EncodeToString([]byte(boss.name+":"+password))
	for range 3 {
		for _, path := range []string{"/wp-json/wp/v2/users/me", "/wp-json/wp/v2/users/me?context=edit", "/wp-json/wp/v2/posts/4?context=edit"} {
			if a := app.get(t, path, "Authorization", authorization); a.status != 200 {
				t.Errorf("the app gets %d for %s: %s", a.status, path, a.cache())
			}
			if a := other.get(t, path); a.status != 401 {
				t.Errorf("anybody gets %d for %s: %s", a.status, path, a.cache())
			}
		}
		if a := app.get(t, "/wp-json/wp/v2/posts", "Authorization", authorization); a.status != 200 {
			t.Errorf("the app gets %d for what is public: %s", a.status, a.cache())
		}
	}
}
