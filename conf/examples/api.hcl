# A JSON API: short lifetimes, a language and a version in the key, clients that
# may ask for fresh data, and an origin with TLS.
#
# Settings that differ between machines come from the environment, so that all
# machines can use the same file:
#
#   BRINK_ID=edge-fra-1 API_URL=https://10.1.0.7:8443 brink check api.hcl

node {
  id = env("BRINK_ID", "edge-api")
}

listen "web" {
  address = ":${env("PORT", "8080")}"

  # Calls are short. Slow clients are cut off.
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

  # A response is stored only if the API or a path below says how long it is fresh.
  heuristic = false

  # An app sends "Cache-Control: no-cache" if its user asked for fresh data.
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

  # Lists are the same for all clients, and fresh for five seconds. If the API is
  # down, clients get a list that is up to an hour old instead of an error.
  path "/v1/products/**" {
    default_ttl            = "5s"
    stale_while_revalidate = "30s"
    stale_if_error         = "1h"
    negative_ttl           = { "404" = "5s", "503" = "1s" }
  }

  # The API says "max-age=0" for some prices and "max-age=86400" for others. Both
  # are mistakes.
  path "/v1/prices/*" {
    min_ttl = "2s"
    max_ttl = "1m"
  }

  # Rates change once a day. It is enough if clients get them an hour later.
  path "/v1/rates" {
    ttl = "1h"
  }

  # These documents need an API key, but are the same for every key. Once a
  # document is stored, everybody gets it, even without a key. So do this only
  # for documents that are not secret.
  path "/v1/documents/**" {
    ttl                 = "10m"
    store_authorization = true
    show_tags           = true # some clients have a cache of their own and purge by tags
    show_targeted       = []   # they follow Cache-Control, as browsers do
    key { ignore = ["Authorization"] }
  }

  path "/v1/me" { cache = "off" }
  path "/v1/me/**" { cache = "off" }
  path "/v1/orders/**" { cache = "off" }

  # The old version is gone. Old apps show this message.
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
