// Answers with the fields that Drupal sends with the modules Purge and Varnish
// purger, and bans tags as they do.
//
//   node drupal.mjs PORT NODE      NODE is host:port of the node
import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { ask, body } from "./talk.mjs";

const [port, node] = process.argv.slice(2);
const ban = (tags) => ask(node, "BAN", { Host: "news.example.com", "Cache-Tags": tags });
const cookie = "SESS" + createHash("sha256").update("news.example.com").digest("hex").slice(0, 32);
const sessions = new Map(); // cookie -> name
const editions = new Map(); // node -> number of its edition

const server = createServer(async (req, res) => {
  const url = new URL(req.url, "http://news.example.com");
  const id = (req.headers.cookie ?? "").split("; ").find((c) => c.startsWith(cookie + "="))?.slice(cookie.length + 1);
  const name = sessions.get(id);
  const form = new URLSearchParams(await body(req));
  const send = (status, tags, text) => {
    const fields = {
      "Content-Type": "text/html; charset=UTF-8", "X-Generator": "Drupal 10 (https://www.drupal.org)", "Content-language": "en",
      Expires: "Sun, 19 Nov 1978 05:00:00 GMT", "X-Content-Type-Options": "nosniff", "X-Drupal-Dynamic-Cache": tags ? "HIT" : "UNCACHEABLE",
      "Purge-Cache-Tags": (tags ?? []).join(" "), "X-Drupal-Cache-Tags": (tags ?? []).join(" "),
    };
    if (name || !tags || req.method !== "GET") {
      fields["Cache-Control"] = "must-revalidate, no-cache, private";
    } else {
      // Page cache: anonymous, and a page that may be stored.
      fields["Cache-Control"] = "max-age=86400, public";
      fields.Vary = "Cookie";
      fields["X-Drupal-Cache"] = "HIT";
      fields["Last-Modified"] = new Date(Date.now() - 60e3).toUTCString();
      fields.ETag = `"${createHash("md5").update(text).digest("hex")}"`;
    }
    const menu = name ? `<nav>My account: ${name} <input name="form_token" value="${createHash("sha256").update("token " + id).digest("base64url")}"></nav>` : "<nav>Log in</nav>";
    res.writeHead(status, fields).end(`<html>${menu}${text}</html>`);
  };
  let match;
  if ((match = url.pathname.match(/^\/node\/(\d+)$/))) {
    send(200, [`node:${match[1]}`, "node_view", "config:block_list", "http_response", "rendered"], `<h1>Node ${match[1]}, edition ${editions.get(match[1]) ?? 1}</h1>`);
  } else if (url.pathname === "/") {
    send(200, ["node_list", "config:views.view.frontpage", "http_response", "rendered"], Array.from({ length: 10 }, (_, i) => `Node ${i + 1}, edition ${editions.get(String(i + 1)) ?? 1}.`).join("<br>"));
  } else if (url.pathname === "/user/login" && req.method === "POST") {
    const session = randomUUID();
    sessions.set(session, form.get("name"));
    res.appendHeader("Set-Cookie", `${cookie}=${session}; path=/; HttpOnly; SameSite=Lax`);
    res.writeHead(303, { Location: "/", "Cache-Control": "must-revalidate, no-cache, private" }).end();
  } else if (url.pathname === "/user/logout") {
    sessions.delete(id);
    res.appendHeader("Set-Cookie", `${cookie}=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/`);
    res.writeHead(302, { Location: "/", "Cache-Control": "must-revalidate, no-cache, private" }).end();
  } else if (url.pathname === "/user") {
    send(200, null, `<h1>${name}</h1>`);
  } else if ((match = url.pathname.match(/^\/admin\/node\/(\d+)\/save$/))) {
    editions.set(match[1], Number(editions.get(match[1]) ?? 1) + 1);
    res.writeHead(await ban(`node:${match[1]}${form.get("separator")}node_list`)).end();
  } else {
    send(404, ["4xx-response", "config:system.site", "http_response", "rendered"], "<h1>Page not found</h1>");
  }
});
server.listen(port, "127.0.0.1");
