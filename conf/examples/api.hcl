# A JSON API: short lives, keys that carry a language and a version, clients
# that may insist on fresh data, and an origin behind TLS.
#
# What differs from machine to machine comes from the environment, so that the
# same file runs everywhere:
#
#   BRINK_ID=edge-fra-1 API_URL=https://10.1.0.7:8443 brink check api.hcl

node {
  id = env("BRINK_ID", "edge-api")
}

listen "web" {
  address = ":${env("PORT", "8080")}"

  # Calls are small and quick. Who dawdles is cut off.
  max_body        = "1MiB"
  head_timeout    = "5s"
  body_timeout    = "10s"
  idle_timeout    = "120s" # apps keep their connection
  max_connections = 20000
}

admin {
  address = "127.0.0.1:9080"
}

store {
  memory       = "512MiB"
  max_variants = 32
}

origin "api" {
  server "${env("API_URL", "https://10.1.0.7:8443")}" {}
  server "https://10.1.0.8:8443" {}

  # The servers' certificates are for this name, not for their addresses. They
  # are signed by the company's own authority:
  #
  #   ca_file = "company-ca.pem"
  tls {
    server_name = "api.internal.example.com"
  }
  host = "api.example.com"

  connect_timeout = "500ms"
  tls_timeout     = "2s"
  head_timeout    = "10s"
  body_timeout    = "10s"
  send_timeout    = "10s"
  idle_timeout    = "55s" # the servers close after 60 s
  keep_alive      = 64
  max_connections = 256
}

site "api" {
  hosts  = ["api.example.com", "*.api.example.com"]
  origin = "api"

  # Nothing is kept unless the API says so or a path below does.
  heuristic = false

  # "Cache-Control: no-cache" of an app means that the user pulled to refresh.
  client_directives = "honour"

  # Versions and languages are different answers. Without this line the API
  # would have to send "Vary: Accept-Language, X-Api-Version" each time.
  key {
    sort    = true
    headers = ["Accept-Language", "X-Api-Version"]
  }

  request {
    set = { "X-Edge" = env("BRINK_ID", "edge-api") }
  }

  # Lists: the same for all, five seconds old at most, and if the API is down,
  # an hour old rather than an error.
  path "/v1/products/**" {
    default_ttl            = "5s"
    stale_while_revalidate = "30s"
    stale_if_error         = "1h"
    negative_ttl           = { "404" = "5s", "503" = "1s" }
  }

  # The API says "max-age=0" here by mistake and "max-age=86400" there. Both
  # are too much of a thing.
  path "/v1/prices/*" {
    min_ttl = "2s"
    max_ttl = "1m"
  }

  # Rates change once a day; an hour late is soon enough.
  path "/v1/rates" {
    ttl = "1h"
  }

  # Public documents behind an API key: the key opens the door, but the
  # document is the same for everybody who has one. This serves it, once it is
  # stored, to everybody who asks: only for what is not secret.
  path "/v1/documents/**" {
    ttl                 = "10m"
    store_authorization = true
    show_tags           = true # clients with a cache of their own learn what belongs together
    show_targeted       = []   # they keep to Cache-Control, as browsers do
    key { ignore = ["Authorization"] }
  }

  path "/v1/me" { cache = "off" }
  path "/v1/me/**" { cache = "off" }
  path "/v1/orders/**" { cache = "off" }

  # Gone, with an answer that an old app can show.
  path "/v0/**" {
    respond {
      status  = 410
      headers = { "Content-Type" = "application/json" }
      body    = <<-EOT
        {"error": "gone", "message": "Please update the app."}
      EOT
    }
  }
}

log {
  access = "stdout"
  level  = env("LOG_LEVEL", "info")
}
