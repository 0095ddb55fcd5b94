# Drupal 9, 10 or 11, with the modules Purge and Varnish purger. On the page
# Performance, set "Browser and proxy cache maximum age" to a day: what changes is
# purged. For the purger, set the header Cache-Tags and this node's address.
#
# The tags of pages come in Purge-Cache-Tags, which the purger's tags module sends.
#
# In settings.php, so that Drupal knows how the client came:
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

  # Drupal has a session for who is logged in, and for others once there is something
  # to remember. The name is SESS or SSESS (https) and a checksum.
  bypass {
    cookies = ["SESS*", "SSESS*", "NO_CACHE"]
  }

  # Drupal says "Vary: Cookie". A page that is stored is made without any cookie but
  # these, which no such request has, so that one page is enough for everybody.
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

  # Images in other sizes, once they are made.
  path "/sites/*/files/**" { default_ttl = "7d" }
}
