# WordPress. Readers get pages from the cache, whatever cookies analytics have
# given them. Authors, and readers whom WordPress knows by a cookie of its own,
# always get theirs from WordPress.
#
# In wp-config.php, so that WordPress makes https links where the client came by
# https (brink always says which, and takes nobody else's word for it):
#
#   if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') {
#       $_SERVER['HTTPS'] = 'on';
#   }
#
# Install a plugin that purges, such as Proxy Cache Purge, and tell it where this node
# is, also in wp-config.php:
#
#   define('VHP_VARNISH_IP', '10.0.0.5:8080');

listen "web" {
  address = "0.0.0.0:8080"

  # The proxy in front that ends TLS, if there is one. What it says of the client's
  # address and of https is believed.
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

  # WordPress says nothing about the freshness of public pages, and "no-cache" of
  # all others. With a plugin that purges, an hour is not too long: an edited page is
  # new at once. Without one, make it a minute.
  default_ttl            = "1h"
  stale_while_revalidate = "1m"
  stale_if_error         = "1d"

  # By these cookies WordPress knows who asks: who is logged in, who has entered
  # the password of a page, who has written a comment that waits for approval.
  # Such requests go to WordPress, with all their cookies, and what it answers is
  # not stored. Plugins have more of them; WooCommerce has those in the last line.
  bypass {
    cookies = [
      "wordpress_logged_in_*", "wordpress_sec_*", "wp-postpass_*", "comment_author_*",
      "woocommerce_items_in_cart", "woocommerce_cart_hash", "wp_woocommerce_session_*",
    ]
    query = ["preview", "unapproved", "moderation-hash"]
  }

  key {
    # A page that is stored is made without any cookie but these. As a request that
    # has one of them is not answered from the cache, it is made without any:
    # nothing of one reader can be in what another gets.
    cookies = [
      "wordpress_logged_in_*", "wordpress_sec_*", "wp-postpass_*", "comment_author_*",
      "woocommerce_items_in_cart", "woocommerce_cart_hash", "wp_woocommerce_session_*",
    ]

    # Parameters of advertisements change nothing on the page.
    query  = "drop"
    params = ["utm_*", "gclid", "fbclid", "msclkid", "mc_cid", "mc_eid"]
    sort   = true
  }

  # Who may purge: the machine that WordPress runs on.
  purge {
    allow = ["127.0.0.1", "10.0.0.11"]
  }

  # Files change when WordPress, a theme or a plugin is updated, and their query
  # (?ver=6.1) changes with them.
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
