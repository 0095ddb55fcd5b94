# Next.js, run by "next start". It says of each page how long it is fresh, and
# "private, no-store" where a page reads cookies, so the conf has little to add.
#
# Do not give its pages a default_ttl: the redirects that its router gets, and that
# browsers must not, come without a word about freshness.
#
# What the router fetches of a page has another URL than the page (?_rsc=...). One
# purge covers both if they have a tag. In next.config.js:
#
#   async headers() {
#     return [{
#       source: "/products/:id",
#       headers: [{ key: "Surrogate-Key", value: "products product-:id" }],
#     }];
#   }
#
# revalidatePath("/products/7") is for Next.js' own cache. Then let the server send this
# to the node, in a function that is given to after() of next/server:
#
#   PURGE / HTTP/1.1
#   Host: shop.example.com
#   Surrogate-Key: product-7
#
# Under load, do both once more after some seconds: a render that was under way at the
# first time may have left an old page in Next.js' own cache.

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

  # Next.js lets pages be a year old while new ones are made. Here it is as long as
  # somebody who edits without a purge should wait.
  stale_if_error = "1d"

  # Editors who look at drafts.
  bypass {
    cookies = ["__prerender_bypass", "__next_preview_data"]
  }

  # Next.js must get _rsc as the router has sent it.
  key {
    query  = "drop"
    params = ["utm_*", "gclid", "fbclid"]
  }

  # Clients learn nothing of how the pages are made.
  response {
    remove = ["X-Powered-By", "x-nextjs-cache", "x-nextjs-prerender"]
  }

  # Who may purge: the machines that Next.js runs on.
  purge {
    allow = ["127.0.0.1", "10.0.0.0/24"]
  }

  # Files of public/ come with "max-age=0". They may be five minutes old.
  path "/images/**" { min_ttl = "5m" }
}
