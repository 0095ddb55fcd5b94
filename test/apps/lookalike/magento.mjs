// Answers with the fields that Magento 2 sends, and purges as it does.
//
//   node magento.mjs PORT NODE      NODE is host:port of the node
//
// Who is logged in has a session, which alone says so, and X-Magento-Vary, which
// says what their pages depend on.
import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { ask, body } from "./talk.mjs";

const [port, node] = process.argv.slice(2);
// Magento sends the name of http_cache_hosts as Host.
const purge = (pattern) => ask(node, "PURGE", { Host: "10.0.0.5", "X-Magento-Tags-Pattern": pattern });
const sessions = new Map(); // PHPSESSID -> { name, group }
const editions = new Map(); // product -> number of its edition
const vary = (group) => createHash("sha256").update(`salt customer_group ${group}`).digest("hex");

const cacheable = (tags) => ({
  "Cache-Control": "max-age=86400, public, s-maxage=86400",
  Pragma: "cache",
  Expires: new Date(Date.now() + 86400e3).toUTCString(),
  "X-Magento-Tags": tags.join(","),
  "X-Magento-Cache-Control": "max-age=86400, public, s-maxage=86400",
  "X-Magento-Cache-Debug": "MISS",
});
const uncacheable = { "Cache-Control": "max-age=0, must-revalidate, no-cache, no-store", Pragma: "no-cache", Expires: new Date(0).toUTCString() };

const server = createServer(async (req, res) => {
  const url = new URL(req.url, "http://store.example.com");
  const cookies = Object.fromEntries((req.headers.cookie ?? "").split("; ").filter(Boolean).map((c) => [c.slice(0, c.indexOf("=")), c.slice(c.indexOf("=") + 1)]));
  const session = sessions.get(cookies.PHPSESSID);
  const group = session?.group ?? "guest";
  const form = new URLSearchParams(await body(req));
  const set = (name, value, more = "") => res.appendHeader("Set-Cookie", `${name}=${value}; path=/${more}`);
  const send = (status, fields, text) => res.writeHead(status, { "X-Powered-By": "PHP", ...fields }).end(text);
  // Every page begins a session, as PHP does, and sets X-Magento-Vary right.
  if (!cookies.PHPSESSID && !url.pathname.startsWith("/static/")) {
    set("PHPSESSID", randomUUID(), "; HttpOnly");
  }
  if (group === "guest" && cookies["X-Magento-Vary"]) {
    set("X-Magento-Vary", "deleted", "; expires=Thu, 01-Jan-1970 00:00:01 GMT");
  } else if (group !== "guest" && cookies["X-Magento-Vary"] !== vary(group)) {
    set("X-Magento-Vary", vary(group));
  }
  let match;
  if ((match = url.pathname.match(/^\/product-(\d+)\.html$/))) {
    const id = match[1];
    send(200, { "Content-Type": "text/html", ...cacheable([`cat_p_${id}`, "cat_p", "store", "cms_b_footer", "FPC"]) },
      `<h1>Product ${id}, edition ${editions.get(id) ?? 1}</h1><b>price for ${group}</b>`);
  } else if ((match = url.pathname.match(/^\/category-(\d+)\.html$/))) {
    const ids = Array.from({ length: 5 }, (_, i) => String(5 * (match[1] - 1) + i + 1));
    send(200, { "Content-Type": "text/html", ...cacheable([`cat_c_${match[1]}`, ...ids.map((id) => `cat_p_${id}`), "cat_p", "store", "FPC"]) },
      ids.map((id) => `<li>Product ${id}, edition ${editions.get(id) ?? 1}, price for ${group}</li>`).join(""));
  } else if (url.pathname === "/" || url.pathname === "/about-us") {
    send(200, { "Content-Type": "text/html", ...cacheable(["cms_p_2", "store", "FPC"]) }, `<h1>Welcome</h1><b>offers for ${group}</b>`);
  } else if (url.pathname === "/graphql" && req.method === "GET") {
    const bearer = sessions.get((req.headers.authorization ?? "").replace("Bearer ", ""));
    const of = bearer?.group ?? "guest";
    send(200, { "Content-Type": "application/json", ...cacheable(["cat_p", "FPC"]), "X-Magento-Cache-Id": vary(`graphql ${of} ${req.headers.store}`) },
      JSON.stringify({ data: { products: `price for ${of} in ${req.headers.store ?? "default"}` } }));
  } else if (url.pathname === "/customer/section/load/") {
    send(200, { "Content-Type": "application/json", ...uncacheable }, JSON.stringify({ customer: { fullname: session?.name ?? null }, cart: { session: cookies.PHPSESSID } }));
  } else if (url.pathname === "/customer/account/loginPost/") {
    const id = randomUUID();
    sessions.set(id, { name: form.get("name"), group: form.get("group") });
    set("PHPSESSID", id, "; HttpOnly");
    set("X-Magento-Vary", vary(form.get("group")));
    set("private_content_version", randomUUID());
    send(302, { Location: "/customer/account/", ...uncacheable }, "");
  } else if (url.pathname === "/checkout/cart/") {
    send(200, { "Content-Type": "text/html", ...uncacheable }, `<h1>Cart of ${session?.name ?? "nobody"}</h1><input name="form_key" value="${cookies.PHPSESSID}">`);
  } else if (url.pathname.startsWith("/static/")) {
    send(200, { "Content-Type": "text/css", "Cache-Control": "max-age=31536000, public" }, "body {}");
  } else if (url.pathname === "/admin/catalog/product/save/") {
    editions.set(form.get("id"), Number(editions.get(form.get("id")) ?? 1) + 1);
    send(await purge([`cat_p_${form.get("id")}`, "cat_p_new"].map((tag) => `((^|,)${tag}(,|$))`).join("|")), uncacheable, "");
  } else if (url.pathname === "/admin/cache/flushAll/") {
    send(await purge(".*"), uncacheable, "");
  } else {
    send(404, { "Content-Type": "text/html", ...uncacheable }, "<h1>Whoops</h1>");
  }
});
server.listen(port, "127.0.0.1");
