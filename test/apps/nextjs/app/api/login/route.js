import { randomUUID } from "node:crypto";

export async function POST(request) {
  const name = (await request.formData()).get("name");
  return new Response(`Hello ${name}`, {
    headers: { "Set-Cookie": `session=${name}.${randomUUID()}; Path=/; HttpOnly; SameSite=Lax` },
  });
}
