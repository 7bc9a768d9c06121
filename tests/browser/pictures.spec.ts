import { expect, test } from "./fixtures";

const folder = process.env.TAIMAT_SCREENSHOTS ?? "../../target/screenshots";

/** The pages that the README shows. Footage is veiled: the demo's clips are not for handing on. */
for (const path of ["/queue", "/live", "/search"]) {
  test(`${path} is pictured without footage`, async ({ page }) => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.locator("video, img[src*=snapshot]").first()).toBeVisible();
    if (path === "/search") await expect(page.locator(".maplibregl-marker").first()).toBeVisible();
    await page.waitForLoadState("networkidle", { timeout: 5_000 }).catch(() => {
      // Live pictures are never idle.
    });
    const come = () =>
      page.evaluate(() => [...document.images].every((image) => image.complete && image.naturalWidth > 0));
    await expect.poll(come, "every picture has come").toBe(true);
    const veiled = await page.evaluate(() => {
      const pictures = document.querySelectorAll<HTMLElement>(
        "video, img:not([src$='.svg']), canvas:not(.maplibregl-canvas)",
      );
      for (const picture of pictures) picture.style.filter = "blur(9px) saturate(0.8)";
      return pictures.length;
    });
    expect(veiled).toBeGreaterThan(0);
    await page.screenshot({ path: `${folder}/readme${path.replaceAll("/", "-")}.png` });
  });
}
