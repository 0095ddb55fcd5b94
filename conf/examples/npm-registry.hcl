# A registry of npm packages, such as Verdaccio, for many machines that install.
#
# Set its public URL to the site's (VERDACCIO_PUBLIC_URL), and that of clients to it:
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

  # What there is of a package: new for who publishes it through this node, at once,
  # and after five minutes if it is changed in another way (npm dist-tag).
  default_ttl            = "5m"
  stale_while_revalidate = "5m"
  stale_if_error         = "7d"

  # npm writes the slash in "@scope/name" as %2f. A registry reads it in one way only.
  suspect_paths = "cache"

  key {
    # The short form for "npm install" and the long one have the same URL, and the
    # registry does not say so with Vary.
    headers = ["Accept"]

    # What npm says about itself with each request.
    ignore = ["npm-*", "pacote-*"]
  }

  # A tarball never changes. Requests with a token get what is stored here, too: the
  # registry has given it to somebody without one.
  path "/**/-/*.tgz" { ttl = "365d" }

  # Packages for some people only. What needs a token is never stored unless the
  # registry says "public"; this is a wall even then.
  path "/@secret/**" { cache = "off" }
  path "/@secret%2F**" { cache = "off" }

  # Logins, searches, audits.
  path "/-/**" { cache = "off" }
}
