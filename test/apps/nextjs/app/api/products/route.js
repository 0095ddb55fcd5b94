// For apps: everybody gets the same.
import { products } from "../../data";

export function GET() {
  return Response.json(products(), { headers: { "Cache-Control": "public, s-maxage=3600" } });
}
