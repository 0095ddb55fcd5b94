# Magento 2 (Adobe Commerce), with "Varnish Cache" as its caching application. It
# sends tags with its pages and purges by them; brink takes that as Varnish does.
# In app/etc/env.php, or by bin/magento setup:config:set --http-cache-hosts:
#
#   'http_cache_hosts' => [['host' => '10.0.0.5', 'port' => '8080']], # this node
#
# Magento purges under that name, so it is one of the site's hosts.

listen "web" {
  address = "0.0.0.0:8080"
}

store {
  memory = "4GiB"
}

origin "magento" {
  server "http://10.0.0.11:8000" {}

  # The back office has reports that take minutes.
  head_timeout = "5m"
}

site "store" {
  hosts  = ["store.example.com", "10.0.0.5"]
  origin = "magento"

  # While a page is made anew, and if Magento is down.
  stale_while_revalidate = "5m"
  stale_if_error         = "3d"

  # By X-Magento-Vary Magento knows whose prices a page has: those of a group of
  # customers, of another currency, of another language. It makes such pages for
  # the session, so they are left to it. Everybody else gets the same pages.
  bypass {
    cookies = ["X-Magento-Vary"]
  }

  key {
    # No other cookie reaches Magento when a page is made that is stored.
    cookies = ["X-Magento-Vary"]

    query = "drop"
    params = [
      "utm_*", "gclid", "gad_*", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "mc_*", "mtm_*", "matomo_*",
      "pk_*", "piwik_*", "hsa_*", "_ga", "_gl", "_ke", "_kx", "srsltid", "zanpid",
    ]
    sort = true
  }

  # What Magento says of freshness is for brink. A browser must ask again each time, or
  # it shows the price of yesterday. "cache = off" paths say so themselves.
  response {
    remove = ["X-Powered-By", "X-Magento-Cache-Debug", "X-Magento-Cache-Control", "X-Magento-Debug"]
    set = {
      "Cache-Control" = "no-cache, must-revalidate, max-age=0"
      "Pragma"        = "no-cache"
      "Expires"       = "-1"
    }
  }

  # Who may purge: the machines that Magento runs on. (^|,)tag(,|$) and .* are
  # taken as what they mean.
  purge {
    allow = ["127.0.0.1", "10.0.0.0/24"]
  }

  # Names of these change with each deployment, and browsers may keep them.
  path "/static/**" {
    response { remove = ["X-Powered-By"] }
  }
  path "/media/**" {
    default_ttl = "1d"
    response { remove = ["X-Powered-By"] }
  }

  # Of one customer.
  path "/customer/**" { cache = "off" }
  path "/checkout/**" { cache = "off" }
  path "/wishlist/**" { cache = "off" }
  path "/sales/**" { cache = "off" }
  path "/rest/**" { cache = "off" }
  path "/admin/**" { cache = "off" }
  path "/health_check.php" { cache = "off" }

  # Queries of a storefront that runs in the browser. Magento says "public" also of
  # what it answers to a customer's token.
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
