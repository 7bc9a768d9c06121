import { type APIRequestContext, test as base } from "@playwright/test";

export { expect } from "@playwright/test";

const login = {
  username: process.env.TAIMAT_USERNAME ?? "admin",
  password: process.env.TAIMAT_PASSWORD ?? "",
};

/** A page that is signed in as the demo's administrator, and the API as that person may use it. */
export const test = base.extend<{ api: APIRequestContext; faults: string[] }>({
  context: async ({ context, baseURL }, use) => {
    const answer = await context.request.post(`${baseURL}/api/v1/session`, { data: login });
    if (!answer.ok()) throw new Error(`signing in was answered ${answer.status()}: ${await answer.text()}`);
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
