import { mkdirSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "./fixtures";

const PAGES = [
  "/queue",
  "/live",
  "/shifts",
  "/reports",
  "/search",
  "/playback",
  "/cases",
  "/cameras",
  "/cameras/add",
  "/cameras/import",
  "/rules",
  "/health",
  "/places",
  "/people",
  "/bells",
  "/channels",
  "/audit",
];
const folder = process.env.TAIMAT_SCREENSHOTS ?? "../../target/screenshots";

for (const language of ["vi", "en"]) {
  test.describe(language, () => {
    test.beforeEach(({ page }) =>
      page.addInitScript((chosen) => localStorage.setItem("taimat.language", chosen), language),
    );

    for (const path of PAGES) {
      test(`${path} is shown and can be used by everybody`, async ({ page }) => {
        // When the page's title is there; what is fetched later, such as the map, keeps nobody waiting for it.
        await page.addInitScript(() => {
          const seen = new MutationObserver(() => {
            if (!document.querySelector("h1")) return;
            performance.mark("shown");
            seen.disconnect();
          });
          seen.observe(document, { childList: true, subtree: true });
        });
        const refused: string[] = [];
        page.on("response", (answer) => {
          // What happens this moment is not on the disk yet, and asked for again.
          const { pathname, searchParams } = new URL(answer.url());
          const moment =
            /\/(playlist\.m3u8|snapshot)$/.test(pathname) && (searchParams.get("to") ?? searchParams.get("at"));
          const early = answer.status() === 404 && moment && Date.now() - Date.parse(moment) < 60_000;
          if (answer.status() >= 400 && !early) refused.push(`${answer.status()} ${answer.url()}`);
        });
        await page.goto(path);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        const first = await page.evaluate(() => {
          const shown = performance.getEntriesByName("shown")[0]?.startTime ?? Number.POSITIVE_INFINITY;
          const files = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
          const scripts = files.filter((file) => file.name.endsWith(".js") && file.responseEnd <= shown);
          return {
            bytes: scripts.reduce((all, file) => all + file.encodedBodySize, 0),
            largest: scripts
              .toSorted((a, b) => b.encodedBodySize - a.encodedBodySize)
              .slice(0, 8)
              .map((file) => `${new URL(file.name).pathname} ${file.encodedBodySize}`),
          };
        });
        expect(first.bytes, "there are scripts").toBeGreaterThan(50 * 1024);
        const asked = `compressed script before the page is there, most of it in ${first.largest.join(", ")}`;
        expect(first.bytes, asked).toBeLessThan(300 * 1024);
        await expect(page.getByRole("main").getByRole("status").filter({ hasText: /…/ })).toHaveCount(0);
        await page.waitForLoadState("networkidle", { timeout: 5_000 }).catch(() => {
          // Pages with live pictures are never idle.
        });
        expect(refused, "the page asks for nothing that is refused").toEqual([]);
        const seen = await new AxeBuilder({ page }).analyze();
        expect(seen.violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
        mkdirSync(folder, { recursive: true });
        const name = `${folder}/${path.slice(1).replaceAll("/", "-")}.${language}`;
        await page.screenshot({ path: `${name}.png` });

        // Colours are the same in every language.
        if (language !== "vi") return;
        await page.emulateMedia({ colorScheme: "dark" });
        await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
        // A colour on its way from one scheme to the other is neither.
        await page.evaluate(() =>
          Promise.allSettled(
            document.getAnimations().flatMap((one) => (one instanceof CSSTransition ? one.finished : [])),
          ),
        );
        const dark = await new AxeBuilder({ page }).withRules("color-contrast").analyze();
        expect(
          dark.violations.flatMap((one) => one.nodes.map((node) => node.html)),
          "too faint at night",
        ).toEqual([]);
        await page.screenshot({ path: `${name}.dark.png` });
      });
    }
  });
}

test("signing in says what is wrong, in Vietnamese first", async ({ browser, baseURL }) => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${baseURL}/queue`);
  await page.getByLabel("Tên đăng nhập").fill("admin");
  await page.getByLabel("Mật khẩu", { exact: true }).fill("khong-phai-the");
  await page.getByRole("button", { name: "Đăng nhập" }).click();
  await expect(page.getByRole("alert")).toContainText("Sai tên đăng nhập hoặc mật khẩu");
  await page.getByText("EN", { exact: true }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await page.screenshot({ path: `${folder}/sign-in.en.png` });
});
