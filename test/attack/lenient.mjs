// Two HTTP servers, the second with the lenient parser. Each answers every
// request with what it took it for: [method, target, bytes of content, the
// content in base64], as JSON in the field X-Parsed.
import http from "node:http";

function serve(options) {
  const server = http.createServer(options, (request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts);
      const parsed = [request.method, request.url, body.length, body.subarray(0, 1024).toString("base64")];
      response.setHeader("X-Parsed", JSON.stringify(parsed));
      response.end();
    });
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server.address().port)));
}

const limits = { maxHeaderSize: 1 << 20, keepAliveTimeout: 60000 };
console.log(await serve(limits), await serve({ ...limits, insecureHTTPParser: true }));
