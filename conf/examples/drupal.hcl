# Drupal 9, 10 or 11, with the modules Purge and Varnish purger. On the page
# Performance, set "Browser and proxy cache maximum age" to a day: Drupal purges pages
# that change. For the purger, set the header Cache-Tags and this node's address.
#
# The purger's tags module sends the tags of pages in Purge-Cache-Tags.
#
# In settings.php, so that Drupal knows the client's address and scheme:
#
#   $settings['reverse_proxy'] = TRUE;
#   $settings['reverse_proxy_addresses'] = ['10.0.0.5']; # this node

listen "web" {
  address = "0.0.0.0:8080"
}

store {
  memory = "1GiB"
}

origin "drupal" {
  server "http://10.0.0.11:8000" {}
}

site "news" {
  hosts  = ["news.example.com"]
  origin = "drupal"

  stale_while_revalidate = "1m"
  stale_if_error         = "1d"

  # Users who are logged in have a session, and so do others for whom Drupal remembers
  # something. The cookie's name is SESS or SSESS (https) and a checksum.
  bypass {
    cookies = ["SESS*", "SSESS*", "NO_CACHE"]
  }

  # Drupal says "Vary: Cookie". brink hides all other cookies from Drupal, and requests
  # with one of these go past the cache. So one stored page is enough for everybody.
  key {
    cookies = ["SESS*", "SSESS*", "NO_CACHE"]
    query   = "drop"
    params  = ["utm_*", "gclid", "fbclid"]
  }

  response {
    remove = ["X-Generator", "X-Drupal-Cache", "X-Drupal-Dynamic-Cache", "X-Drupal-Cache-Tags", "X-Drupal-Cache-Contexts"]
  }

  # Who may purge: the machine that Drupal runs on.
  purge {
    allow = ["127.0.0.1", "10.0.0.11"]
  }

  path "/admin/**" { cache = "off" }
  path "/user/**" { cache = "off" }
  path "/cron/**" { cache = "off" }

  # Uploaded files, and images in other sizes.
  path "/sites/*/files/**" { default_ttl = "7d" }
}
