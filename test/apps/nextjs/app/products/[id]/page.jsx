// Some are made at the build, the others when they are first asked for; each anew
// after an hour, or when it is edited.
import { notFound } from "next/navigation";
import { products } from "../../data";

export const revalidate = 3600;

export function generateStaticParams() {
  return [{ id: "1" }, { id: "2" }];
}

export default async function Product({ params }) {
  const name = products()[(await params).id];
  if (!name) {
    notFound();
  }
  return <h1>{name}</h1>;
}
