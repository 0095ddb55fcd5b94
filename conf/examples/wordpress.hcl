# WordPress. Readers get pages from the cache, whatever cookies analytics have set.
# Requests of authors, and of readers with a cookie of WordPress, always go to
# WordPress.
#
# In wp-config.php, so that WordPress makes https links for clients that use https
# (brink always sets this field, and removes what untrusted clients write in it):
#
#   if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') {
#       $_SERVER['HTTPS'] = 'on';
#   }
#
# Install a plugin that purges, such as Proxy Cache Purge, and set this node's address
# for it, also in wp-config.php:
#
#   define('VHP_VARNISH_IP', '10.0.0.5:8080');

listen "web" {
  address = "0.0.0.0:8080"

  # The proxy in front that ends TLS, if there is one. brink believes what it says about
  # the client's address and scheme.
  trusted_proxies = ["10.0.0.2/32"]
}

store {
  memory = "1GiB"
}

origin "wordpress" {
  server "http://10.0.0.11:8000" {}
}

site "blog" {
  hosts  = ["blog.example.com"]
  origin = "wordpress"

  # WordPress does not say how long public pages are fresh, and says "no-cache" for all
  # others. With a plugin that purges, an hour is not too long: clients see an edited
  # page at once. Without a plugin, set a minute.
  default_ttl            = "1h"
  stale_while_revalidate = "1m"
  stale_if_error         = "1d"

  # WordPress identifies people by these cookies: people who are logged in, have
  # entered the password of a page, or have written a comment that waits for approval.
  # Such requests go to WordPress with all their cookies, and the answer is not stored.
  # Plugins have more such cookies; the last line has those of WooCommerce.
  bypass {
    cookies = [
      "wordpress_logged_in_*", "wordpress_sec_*", "wp-postpass_*", "comment_author_*",
      "woocommerce_items_in_cart", "woocommerce_cart_hash", "wp_woocommerce_session_*",
    ]
    query = ["preview", "unapproved", "moderation-hash"]
  }

  key {
    # On a fetch whose response may be stored, WordPress sees only these cookies. And
    # requests with one of them go past the cache. So WordPress makes each stored page
    # without any cookie, and it has nothing that belongs to one reader.
    cookies = [
      "wordpress_logged_in_*", "wordpress_sec_*", "wp-postpass_*", "comment_author_*",
      "woocommerce_items_in_cart", "woocommerce_cart_hash", "wp_woocommerce_session_*",
    ]

    # These parameters of advertisements do not change the page.
    query  = "drop"
    params = ["utm_*", "gclid", "fbclid", "msclkid", "mc_cid", "mc_eid"]
    sort   = true
  }

  # Who may purge: the machine that WordPress runs on.
  purge {
    allow = ["127.0.0.1", "10.0.0.11"]
  }

  # Files change only when WordPress, a theme or a plugin is updated. Their query
  # (?ver=6.1) then changes, too.
  path "/wp-content/**" { default_ttl = "7d" }
  path "/wp-includes/**" { default_ttl = "7d" }

  # For authors and machines only.
  path "/wp-admin/**" { cache = "off" }
  path "/wp-login.php" { cache = "off" }
  path "/wp-cron.php" { cache = "off" }
  path "/xmlrpc.php" { cache = "off" }

  # The API answers apps and the editor. Its public part may be a minute old.
  path "/wp-json/**" { default_ttl = "1m" }
}
