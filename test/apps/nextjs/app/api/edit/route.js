// Changes a product, has Next.js make its pages anew, and purges them. Next.js does as
// revalidatePath says when the handler has returned, and "after" what comes then:
// sooner, a purged page could be fetched from its cache once more.
import { request as send } from "node:http";
import { revalidatePath } from "next/cache";
import { after } from "next/server";
import { rename } from "../../data";

export async function POST(request) {
  const form = await request.formData();
  const id = form.get("id");
  rename(id, form.get("name"));
  revalidatePath("/");
  revalidatePath(`/products/${id}`);
  after(() => purge(`product-${id} products`));
  return new Response(null, { status: 204 });
}

// fetch does not let anybody set Host, by which the node knows the site.
function purge(tags) {
  const [hostname, port] = process.env.APPS_NODE.split(":");
  return new Promise((resolve, reject) => {
    send(
      { hostname, port, method: "PURGE", path: "/", headers: { Host: "shop.example.com", "Surrogate-Key": tags } },
      (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode));
      },
    )
      .on("error", reject)
      .end();
  });
}
