import { type APIRequestContext, test as base } from "@playwright/test";

export { expect } from "@playwright/test";

const login = {
  username: process.env.TAIMAT_USERNAME ?? "admin",
  password: process.env.TAIMAT_PASSWORD ?? "",
};

type Session = Awaited<ReturnType<APIRequestContext["storageState"]>>["cookies"];

/** A page that is signed in as the demo's administrator, and the API as that person may use it. */
export const test = base.extend<{ api: APIRequestContext; faults: string[] }, { session: Session }>({
  /** One for all tests: the server counts who signs in how often. */
  session: [
    async ({ playwright }, use, { project }) => {
      const request = await playwright.request.newContext({ baseURL: project.use.baseURL });
      const answer = await request.post("/api/v1/session", { data: login });
      if (!answer.ok()) throw new Error(`signing in was answered ${answer.status()}: ${await answer.text()}`);
      await use((await request.storageState()).cookies);
      await request.dispose();
    },
    { scope: "worker" },
  ],
  context: async ({ context, session }, use) => {
    await context.addCookies(session);
    await use(context);
  },
  api: async ({ context }, use) => use(context.request),
  /** What went wrong in the page without anybody seeing it; no test may leave any. */
  faults: [
    async ({ page }, use) => {
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (message) => {
        if (/Content Security Policy|missingKey/.test(message.text())) faults.push(message.text());
      });
      page.on("response", (response) => {
        const { pathname } = new URL(response.url());
        if (response.status() === 403) faults.push(`403 ${response.request().method()} ${pathname}`);
      });
      await use(faults);
      if (faults.length > 0) throw new Error(`the page has faults:\n${faults.join("\n")}`);
    },
    { auto: true },
  ],
});
