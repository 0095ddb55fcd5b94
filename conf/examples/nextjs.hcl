# Next.js, run by "next start". It says how long each page is fresh, and says
# "private, no-store" if a page reads cookies. So the conf has little to add.
#
# Do not give its pages a default_ttl: Next.js sends redirects that are only for its
# router, and does not say that they must not be stored.
#
# The router fetches parts of a page under another URL (?_rsc=...). One purge covers
# the page and its parts if they have the same tag. In next.config.js:
#
#   async headers() {
#     return [{
#       source: "/products/:id",
#       headers: [{ key: "Surrogate-Key", value: "products product-:id" }],
#     }];
#   }
#
# revalidatePath("/products/7") clears only Next.js' own cache. Let the server then send
# this to the node, in a function that you pass to after() of next/server:
#
#   PURGE / HTTP/1.1
#   Host: shop.example.com
#   Surrogate-Key: product-7
#
# Under load, do both again after some seconds: a render that was under way the first
# time may have put an old page into Next.js' own cache.

listen "web" {
  address = "0.0.0.0:8080"
}

store {
  memory = "1GiB"
}

origin "nextjs" {
  server "http://10.0.0.11:8000" {}
}

site "shop" {
  hosts  = ["shop.example.com"]
  origin = "nextjs"

  # If Next.js is down, clients get stale pages for a day. For refreshes, Next.js sends
  # its own stale-while-revalidate.
  stale_if_error = "1d"

  # Editors who view drafts.
  bypass {
    cookies = ["__prerender_bypass", "__next_preview_data"]
  }

  # Next.js must get _rsc as its router has sent it, so the query is not sorted.
  key {
    query  = "drop"
    params = ["utm_*", "gclid", "fbclid"]
  }

  # Clients need not know how the pages are made.
  response {
    remove = ["X-Powered-By", "x-nextjs-cache", "x-nextjs-prerender"]
  }

  # Who may purge: the machines that Next.js runs on.
  purge {
    allow = ["127.0.0.1", "10.0.0.0/24"]
  }

  # Next.js says "max-age=0" for files in public/. Here they are fresh for five minutes.
  path "/images/**" { min_ttl = "5m" }
}
