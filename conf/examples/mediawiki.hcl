# MediaWiki says how long a page is fresh, and purges the page when somebody edits
# it. In LocalSettings.php:
#
#   $wgUseCdn     = true;
#   $wgCdnServers = [ '10.0.0.5:8080' ]; # this node
#   $wgCdnMaxAge  = 86400;
#
# and, if the wiki is reached by https and MediaWiki by http:
#
#   $wgServer         = 'https://wiki.example.com';
#   $wgInternalServer = 'http://wiki.example.com'; # of the URLs that it purges
#   $wgUsePrivateIPs  = true;
#   $wgCdnServersNoPurge = [ '10.0.0.0/8' ]; # whose X-Forwarded-For is believed

listen "web" {
  address = "0.0.0.0:8080"
}

store {
  memory = "1GiB"
}

origin "mediawiki" {
  server "http://10.0.0.11:8000" {}
}

site "wiki" {
  hosts  = ["wiki.example.com"]
  origin = "mediawiki"

  # After an edit nobody gets the old page, not even while the new one is fetched. But
  # if the wiki is down, clients get stale pages for a day.
  stale_if_error = "1d"

  # MediaWiki identifies users by these cookies. "wiki" is $wgCookiePrefix; its default
  # is the name of the database. LoggedOut exists for a day after somebody has logged
  # out, so that the browser does not show its old copies.
  bypass {
    cookies = ["wiki_session", "wikiToken", "wikiLoggedOut", "forceHTTPS"]
  }

  # MediaWiki says "Vary: Cookie". brink hides all other cookies from it, and requests
  # with one of these go past the cache. So one stored page is enough for everybody.
  key {
    cookies = ["wiki_session", "wikiToken", "wikiLoggedOut", "forceHTTPS"]
  }

  # A title may have an escaped slash or question mark. MediaWiki reads such a path in
  # only one way.
  path "/wiki/**" { suspect_paths = "cache" }

  # Who may purge: the machine that MediaWiki runs on.
  purge {
    allow = ["127.0.0.1", "10.0.0.11"]
  }

  # MediaWiki does not say how long files of skins and extensions are fresh.
  path "/w/resources/**" { default_ttl = "1d" }
  path "/w/skins/**" { default_ttl = "1d" }
  path "/w/extensions/**" { default_ttl = "1d" }
}
