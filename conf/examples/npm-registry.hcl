# A registry of npm packages, such as Verdaccio, for many machines that install
# packages.
#
# Set the registry's public URL (VERDACCIO_PUBLIC_URL) to the URL of this site, and let
# clients use the same URL:
#
#   npm config set registry http://registry.example.com/

listen "web" {
  address = "0.0.0.0:8080"

  # Packages are published through the node.
  max_body = "200MiB"
}

store {
  memory     = "2GiB"
  max_object = "200MiB"
}

origin "registry" {
  server "http://10.0.0.11:8000" {}
}

site "npm" {
  hosts  = ["registry.example.com"]
  origin = "registry"

  # The list of a package's versions. A publish through this node updates it at once.
  # Another change (npm dist-tag) is visible after five minutes.
  default_ttl            = "5m"
  stale_while_revalidate = "5m"
  stale_if_error         = "7d"

  # npm writes the slash in "@scope/name" as %2f. A registry reads it in only one way.
  suspect_paths = "cache"

  key {
    # The short list for "npm install" and the long one have the same URL. The registry
    # does not say "Vary: Accept".
    headers = ["Accept"]

    # npm describes itself in these fields of each request.
    ignore = ["npm-*", "pacote-*"]
  }

  # A tarball never changes. A request with a token also gets a stored one, as the
  # registry has given that to a client without a token.
  path "/**/-/*.tgz" { ttl = "365d" }

  # Packages that need a token. brink does not store them anyway, unless the registry
  # says "public". With cache = "off" it does not store them even then.
  path "/@secret/**" { cache = "off" }
  path "/@secret%2F**" { cache = "off" }

  # Logins, searches, audits.
  path "/-/**" { cache = "off" }
}
