# Downloads and pages that change only when somebody publishes them. They are fresh
# for an hour, and are served for a month more if the origin is down.

listen "web" {
  address = "0.0.0.0:8080"
}

store {
  memory     = "4GiB"
  max_object = "256MiB"

  # A response may take a 64th of memory. Larger ones go to disk.
  disk {
    path = "/var/lib/brink"
    size = "100GiB"
  }
}

# The addresses of this name change often, so brink looks it up every ten seconds.
# They are private addresses, which a name may have only with allow_private.
origin "files" {
  server "http://files.internal.example.com:8000" {}
  resolve       = "10s"
  allow_private = true

  # Large files on slow disks.
  head_timeout = "1m"
  body_timeout = "1m"
}

site "www" {
  hosts  = ["www.example.com"]
  origin = "files"

  # The servers send no Cache-Control; if they ever do, "ttl" overrides it. Within an
  # hour all clients see a new page.
  ttl            = "1h"
  stale_if_error = "30d"

  # No page depends on who asks.
  key {
    query  = "none"
    ignore = ["*"]
  }
  request { remove = ["Cookie", "Authorization"] }
  response { remove = ["Server", "Set-Cookie"] }

  # New programs are published every hour, also while people download the old ones.
  path "/download/nightly/**" {
    ttl                    = "1h"
    stale_while_revalidate = "5m"
  }

  # The origin has different pages for "/npm/@scope%2Fname" and "/npm/@scope/name".
  path "/npm/**" { suspect_paths = "cache" }

  # Players send a HEAD for a film before they fetch its first minute.
  path "/trailer/**" { head_fetch = "head" }

  # A long film would take the room of a thousand pages.
  path "/film/**" { max_object = "100MB" }

  path "/robots.txt" {
    respond {
      headers = { "Content-Type" = "text/plain; charset=utf-8" }
      body    = <<-EOT
        User-agent: *
        Disallow: /download/nightly/
      EOT
    }
  }

  # These pages have moved to another host, with the same paths.
  path "/blog/**" {
    redirect {
      to     = "https://blog.example.com{path}?{query}"
      status = 301
    }
  }
}

log {
  access = "access.log" # beside this file
  format = "combined"   # as Apache and nginx write it
}
