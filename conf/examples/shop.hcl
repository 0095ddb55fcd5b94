# A shop: pages that change with every sale, images that never change, and a cart
# that no other customer may see.
#
# Try it:  brink check shop.hcl

node {
  id = "edge-1" # the name in Cache-Status, Via and CDN-Loop; default: the host's name

  # After SIGTERM, /readyz says 503, and the node accepts connections for 5 s more: the
  # load balancer checks every 2 s. After 25 s all work is cut off, before the service
  # manager kills the process.
  drain_grace   = "5s"
  drain_timeout = "25s"
}

# Clients connect here. A second listen block would open a second port.
listen "web" {
  address = "0.0.0.0:8080"

  # Browsers send much less than this.
  max_head   = "32KiB"
  max_target = "8KiB"
  max_fields = 100

  # Product photos are uploaded through the node.
  max_body = "20MiB"

  # A client that sends slower than this after 20 s is cut off.
  min_rate   = "1KiB"
  body_grace = "20s"
}

# Metrics, explanations and health checks. On a loopback address no token is needed.
# To reach it from other machines, set
#
#   address    = "10.0.0.5:9080"
#   token_file = "admin.token"     # beside this file
admin {
  address = "127.0.0.1:9080"
}

store {
  memory     = "2GiB"
  max_object = "64MiB" # longer responses are passed on, not stored

  # Responses that memory has no room for. They survive a restart.
  disk {
    path = "/var/lib/brink"
    size = "50GiB"
  }
}

# Two servers of the shop. The larger one gets two thirds of the requests.
origin "shop" {
  server "http://10.0.0.11:9000" { weight = 2 }
  server "http://10.0.0.12:9000" {}

  connect_timeout = "1s"
  head_timeout    = "20s" # the slowest report in the back office takes 12 s

  # The servers get at most this many requests at a time. Further requests wait in
  # the queue. After 5 s there, they get a stale response or a 503.
  max_connections = 200
  queue           = 2000
  queue_timeout   = "5s"
}

# Photos are in another company's object store. It needs the bucket's own name in
# Host, not the shop's.
origin "photos" {
  server "https://shop-photos.s3.eu-central-1.amazonaws.com" {}
  host = "shop-photos.s3.eu-central-1.amazonaws.com"
}

site "shop" {
  hosts  = ["shop.example.com"]
  origin = "shop"

  # For all paths: the shop's Cache-Control counts. If it has none, a response is
  # fresh for ten seconds. That is enough to answer a thousand clients with one
  # fetch, and short enough that nobody notices an old price.
  default_ttl = "10s"

  # Then serve the old page for 30 s more while the new one is fetched, and for a
  # day if the shop is down.
  stale_while_revalidate = "30s"
  stale_if_error         = "1d"

  # Robots ask again and again for pages that do not exist.
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

  # Hide how the pages are made, and add fields for security.
  response {
    remove = ["X-Powered-By", "X-Runtime"]
    set = {
      "Strict-Transport-Security" = "max-age=31536000"
      "X-Content-Type-Options"    = "nosniff"
    }
  }

  # Files with a hash in their name never change, and do not depend on the query.
  path "/assets/**" {
    ttl = "365d"
    key { query = "none" }
  }

  # A category page is the same for all clients with the same language and the same
  # currency. The currency is in a cookie.
  path "/category/**" {
    default_ttl = "1m"
    key {
      query   = "keep"
      params  = ["page", "sort"]
      headers = ["Accept-Language"]
      cookies = ["currency"]
    }
  }

  # The shop sets a session cookie with every page of the catalogue, although these
  # pages are the same for everybody. It would be better if the shop stopped that.
  # Until then, brink hides all cookies from the shop, stores pages although they set
  # a cookie, and sends that cookie to no client. So no client loses its session.
  # A block in a path replaces the site's block, so this repeats its settings.
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

  # These are never stored, whatever the shop says.
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

  # Load balancers check this. The node answers it without the shop.
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

# The domain without "shop.", and all other hosts, are redirected to the shop. A
# site needs no origin if all its rules redirect or respond.
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
