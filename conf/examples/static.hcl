# Downloads and pages that only change when somebody publishes them: kept for
# an hour, and for a month if the origin is down.

listen "web" {
  address = "0.0.0.0:8080"
}

store {
  memory     = "4GiB"
  max_object = "256MiB"

  # Memory takes responses of up to a 64th of it. Larger ones go here.
  disk {
    path = "/var/lib/brink"
    size = "100GiB"
  }
}

# A name with many addresses that move: it is looked up every ten seconds. It
# resolves to addresses of the private network, which has to be allowed.
origin "files" {
  server "http://files.internal.example.com:8000" {}
  resolve       = "10s"
  allow_private = true

  # Big files from slow discs.
  head_timeout = "1m"
  body_timeout = "1m"
}

site "www" {
  hosts  = ["www.example.com"]
  origin = "files"

  # The servers send no Cache-Control at all. "ttl" overrides it where they
  # should ever do so; a new page is seen everywhere within the hour.
  ttl            = "1h"
  stale_if_error = "30d"

  # No page here depends on who asks.
  key {
    query  = "none"
    ignore = ["*"]
  }
  request { remove = ["Cookie", "Authorization"] }
  response { remove = ["Server", "Set-Cookie"] }

  # Programs, by the hour: people download them while they are published.
  path "/download/nightly/**" {
    ttl                    = "1h"
    stale_while_revalidate = "5m"
  }

  # Packages: "/npm/@scope%2Fname" is one page, "/npm/@scope/name" is another.
  path "/npm/**" { suspect_paths = "cache" }

  # Players look at a film with HEAD before they ask for the first minute of it.
  path "/trailer/**" { head_fetch = "head" }

  # One long film is not worth a thousand pages.
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

  # The pages moved; their names stayed.
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
