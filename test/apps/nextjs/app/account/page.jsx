// Made for each request: it shows whose session it is.
import { cookies } from "next/headers";

export default async function Account() {
  const session = (await cookies()).get("session")?.value;
  return <p>{session ? `Signed in as ${session.split(".")[0]}, token ${session}` : "Not signed in"}</p>;
}
