import Link from "next/link";
import { products } from "./data";

export const revalidate = 3600;

export default function Home() {
  return (
    <ul>
      {Object.entries(products()).map(([id, name]) => (
        <li key={id}>
          <Link href={`/products/${id}`}>{name}</Link>
        </li>
      ))}
    </ul>
  );
}
