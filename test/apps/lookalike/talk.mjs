// What the programs have in common: reading a request and asking the node to purge.
import { request } from "node:http";

export async function body(req) {
  let text = "";
  for await (const piece of req) {
    text += piece;
  }
  return text;
}

// ask sends a request for "/" to the node (host:port) and returns the status.
export function ask(node, method, headers) {
  const [hostname, port] = node.split(":");
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: "/", headers }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode));
    });
    sent.on("error", reject);
    sent.end();
  });
}
