// Has Chromium, with an empty profile and the cookies of analytics, visit pages
// one after the other. It is told all by one JSON argument: executable, profile,
// address (of the node), host, pages and cookies. It writes what the pages and
// all that belongs to them were answered with, as a JSON list.
import puppeteer from "puppeteer-core";

const { executable, profile, address, host, pages, cookies } = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({
  executablePath: executable,
  headless: true,
  userDataDir: profile,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
    `--host-resolver-rules=MAP ${host}:80 ${address}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
  ],
});
const answers = [];
try {
  await browser.setCookie(...Object.entries(cookies).map(([name, value]) => ({ name, value, domain: host, path: "/" })));
  const page = await browser.newPage();
  let last = 0; // when something was asked for or answered
  page.on("request", () => (last = Date.now()));
  page.on("response", (r) => {
    last = Date.now();
    if (new URL(r.url()).hostname === host) {
      answers.push({ url: r.url(), status: r.status(), browser: r.fromCache(), cache: r.headers()["cache-status"] ?? "" });
    }
  });
  for (const path of pages) {
    await page.goto(`http://${host}${path}`, { waitUntil: "load", timeout: 60_000 });
    // What scripts fetch after that. Chromium does not say how each of these ends.
    while (Date.now() - last < 200) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(answers));
