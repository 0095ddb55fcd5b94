import Link from "next/link";

export const metadata = { title: "A shop" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <nav>
          {/* A page of one person is not worth fetching before somebody goes there. */}
          <Link href="/">Home</Link> <Link href="/about">About</Link> <Link href="/account" prefetch={false}>Account</Link>
        </nav>
        {children}
      </body>
    </html>
  );
}
