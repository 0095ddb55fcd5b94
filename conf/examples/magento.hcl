# Magento 2 (Adobe Commerce), with "Varnish Cache" as its caching application. It
# sends tags with its pages, and purges these tags. brink supports this as Varnish does.
# In app/etc/env.php, or by bin/magento setup:config:set --http-cache-hosts:
#
#   'http_cache_hosts' => [['host' => '10.0.0.5', 'port' => '8080']], # this node
#
# Magento sends its purges to that host, so the host is in the site's list.

listen "web" {
  address = "0.0.0.0:8080"
}

store {
  memory = "4GiB"
}

origin "magento" {
  server "http://10.0.0.11:8000" {}

  # Some reports in the back office take minutes.
  head_timeout = "5m"
}

site "store" {
  hosts  = ["store.example.com", "10.0.0.5"]
  origin = "magento"

  # Serve the old page while the new one is fetched, and if Magento is down.
  stale_while_revalidate = "5m"
  stale_if_error         = "3d"

  # The cookie X-Magento-Vary stands for a group of customers, another currency or
  # another language. Magento makes pages with its prices for one session, so these
  # requests go past the cache. Everybody else gets the same pages.
  bypass {
    cookies = ["X-Magento-Vary"]
  }

  key {
    # On a fetch whose response may be stored, Magento sees no other cookie.
    cookies = ["X-Magento-Vary"]

    query = "drop"
    params = [
      "utm_*", "gclid", "gad_*", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "mc_*", "mtm_*", "matomo_*",
      "pk_*", "piwik_*", "hsa_*", "_ga", "_gl", "_ke", "_kx", "srsltid", "zanpid",
    ]
    sort = true
  }

  # Magento's Cache-Control is for brink. A browser must ask again each time, or it
  # would show old prices. On paths with cache = "off" Magento itself says so.
  response {
    remove = ["X-Powered-By", "X-Magento-Cache-Debug", "X-Magento-Cache-Control", "X-Magento-Debug"]
    set = {
      "Cache-Control" = "no-cache, must-revalidate, max-age=0"
      "Pragma"        = "no-cache"
      "Expires"       = "-1"
    }
  }

  # Who may purge: the machines that Magento runs on. brink understands the patterns
  # that Magento sends, (^|,)tag(,|$) and .*.
  purge {
    allow = ["127.0.0.1", "10.0.0.0/24"]
  }

  # The names of these files change with each deployment, so browsers may keep them.
  path "/static/**" {
    response { remove = ["X-Powered-By"] }
  }
  path "/media/**" {
    default_ttl = "1d"
    response { remove = ["X-Powered-By"] }
  }

  # Pages for one customer.
  path "/customer/**" { cache = "off" }
  path "/checkout/**" { cache = "off" }
  path "/wishlist/**" { cache = "off" }
  path "/sales/**" { cache = "off" }
  path "/rest/**" { cache = "off" }
  path "/admin/**" { cache = "off" }
  path "/health_check.php" { cache = "off" }

  # Queries of a storefront that runs in the browser. Magento says "public" even for
  # answers to a customer's token, so requests with a token go past the cache.
  path "/graphql" {
    bypass {
      cookies = ["X-Magento-Vary"]
      headers = ["Authorization"]
    }
    key {
      cookies = ["X-Magento-Vary"]
      headers = ["X-Magento-Cache-Id", "Store", "Content-Currency"]
    }
  }
}
