# MediaWiki. It says itself how long a page is fresh, and purges it when somebody
# edits it. In LocalSettings.php:
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

  # After an edit a page is made anew; until it is, nobody gets the old one. But if
  # the wiki is down, all get what there is.
  stale_if_error = "1d"

  # By these cookies MediaWiki knows somebody. "wiki" is $wgCookiePrefix, which
  # is the name of the database unless it is set. LoggedOut is there for a day after
  # somebody has logged out, so that no copy in the browser is taken for good.
  bypass {
    cookies = ["wiki_session", "wikiToken", "wikiLoggedOut", "forceHTTPS"]
  }

  # MediaWiki sends "Vary: Cookie". A page that is stored is made without any cookie
  # but these, which no such request has, so that one page is enough for everybody.
  key {
    cookies = ["wiki_session", "wikiToken", "wikiLoggedOut", "forceHTTPS"]
  }

  # A title may have a slash or a question mark, escaped: MediaWiki reads them in
  # one way only.
  path "/wiki/**" { suspect_paths = "cache" }

  # Who may purge: the machine that MediaWiki runs on.
  purge {
    allow = ["127.0.0.1", "10.0.0.11"]
  }

  # Images of skins and extensions come without a word about freshness.
  path "/w/resources/**" { default_ttl = "1d" }
  path "/w/skins/**" { default_ttl = "1d" }
  path "/w/extensions/**" { default_ttl = "1d" }
}
