# A shop: pages that change with every sale, images that never do, and a cart
# that must never be anybody else's.
#
# Try it:  brink check shop.hcl

node {
  id = "edge-1" # the name in Cache-Status, Via and CDN-Loop; without it, the host's

  # After SIGTERM /readyz says 503, but connections are accepted for 5 s more: the load balancer asks every 2 s. All ends
  # after 25 s, before the service manager kills the process.
  drain_grace   = "5s"
  drain_timeout = "25s"
}

# Clients connect here. A second listen block would open a second port.
listen "web" {
  address = "0.0.0.0:8080"

  # A browser's request line and fields are far below these.
  max_head   = "32KiB"
  max_target = "8KiB"
  max_fields = 100

  # Product photos are uploaded through the node.
  max_body = "20MiB"

  # A client that sends slower than this after 20 s is cut off.
  min_rate   = "1KiB"
  body_grace = "20s"
}

# Metrics, explanations and health. As long as it listens on loopback, no token is
# needed; from outside, add
#
#   address    = "10.0.0.5:9080"
#   token_file = "admin.token"     # beside this file
admin {
  address = "127.0.0.1:9080"
}

store {
  memory     = "2GiB"
  max_object = "64MiB" # longer responses are passed on, not stored

  # What memory has no room for, and what a restart finds again.
  disk {
    path = "/var/lib/brink"
    size = "50GiB"
  }
}

# Two servers of the shop. The bigger one gets two thirds of the misses.
origin "shop" {
  server "http://10.0.0.11:9000" { weight = 2 }
  server "http://10.0.0.12:9000" {}

  connect_timeout = "1s"
  head_timeout    = "20s" # the slowest report in the back office takes 12 s

  # Under a flood of misses the servers see at most this many requests at a
  # time; the others wait here, and after 5 s get a 503 or something stale.
  max_connections = 200
  queue           = 2000
  queue_timeout   = "5s"
}

# Photos are in an object store of another company. It knows its bucket by its
# own name, not by the shop's.
origin "photos" {
  server "https://shop-photos.s3.eu-central-1.amazonaws.com" {}
  host = "shop-photos.s3.eu-central-1.amazonaws.com"
}

site "shop" {
  hosts  = ["shop.example.com"]
  origin = "shop"

  # For all paths: what the shop says with Cache-Control counts; where it says
  # nothing, ten seconds. Ten seconds are enough to answer a thousand clients
  # with one fetch, and few enough that nobody asks why a price is old.
  default_ttl = "10s"

  # After that, serve the old page once more while the new one is fetched, and
  # for a day if the shop is down.
  stale_while_revalidate = "30s"
  stale_if_error         = "1d"

  # Pages that are not there are asked for again and again by robots.
  negative_ttl = {
    "404" = "1m"
    "410" = "1h"
  }

  # Advertisers add parameters that change nothing on the page.
  key {
    query  = "drop"
    params = ["utm_source", "utm_medium", "utm_campaign", "gclid", "fbclid"]
    sort   = true
  }

  # What clients need not know, and what they should.
  response {
    remove = ["X-Powered-By", "X-Runtime"]
    set = {
      "Strict-Transport-Security" = "max-age=31536000"
      "X-Content-Type-Options"    = "nosniff"
    }
  }

  # Files with a hash in their name never change. Their query means nothing.
  path "/assets/**" {
    ttl = "365d"
    key { query = "none" }
  }

  # A category page is the same for everybody who speaks the language and pays
  # in the currency of a cookie.
  path "/category/**" {
    default_ttl = "1m"
    key {
      query   = "keep"
      params  = ["page", "sort"]
      headers = ["Accept-Language"]
      cookies = ["currency"]
    }
  }

  # The shop sets a session cookie on every answer of the catalogue, even
  # though the catalogue has nothing personal. It would be better if the shop
  # stopped that. Until then: the shop sees no cookie, pages are stored although
  # they set one, and no client gets it. So nobody's own session is replaced.
  # A path's block takes the place of its site's, so what that says stands here again.
  path "/catalogue/**" {
    store_set_cookie = true
    key {
      query  = "drop"
      params = ["utm_source", "utm_medium", "utm_campaign", "gclid", "fbclid"]
      sort   = true
      ignore = ["Cookie"]
    }
    response {
      remove = ["Set-Cookie", "X-Powered-By", "X-Runtime"]
      set = {
        "Strict-Transport-Security" = "max-age=31536000"
        "X-Content-Type-Options"    = "nosniff"
      }
    }
  }

  # Nothing of these is ever stored, whatever the shop says of them.
  path "/cart/**" { cache = "off" }
  path "/account/**" { cache = "off" }
  path "/checkout/**" { cache = "off" }

  # The old address of the sitemap.
  path "/sitemap_index.xml" {
    redirect {
      to     = "/sitemap.xml"
      status = 301
    }
  }

  # Load balancers ask for this; the shop need not know.
  path "/alive" {
    respond {
      body    = "yes\n"
      headers = { "Content-Type" = "text/plain" }
    }
  }
}

site "photos" {
  hosts  = ["photos.shop.example.com"]
  origin = "photos"
  ttl    = "30d"
}

# The shop's bare name, and whatever else resolves to this node, goes to the
# shop. A site whose every rule redirects or responds needs no origin.
site "elsewhere" {
  hosts = ["example.com", "*"]

  redirect {
    to     = "https://shop.example.com{path}?{query}"
    status = 308
  }
}

log {
  access = "stdout"
  format = "json"
  sample = 0.1 # one request in ten; errors are always logged
}
