import { expect, test } from "./fixtures";

const folder = process.env.TAIMAT_SCREENSHOTS ?? "../../target/screenshots";

test("a lost connection is shown and heals by itself", async ({ page, context }) => {
  await page.goto("/queue");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const lost = page.getByText("Mất kết nối với máy chủ");
  await context.setOffline(true);
  await expect(lost).toBeVisible({ timeout: 60_000 });
  await context.setOffline(false);
  await expect(lost).toBeHidden({ timeout: 30_000 });
});

test("a session that ended is told without a click, and begun anew where one was", async ({ page, context }) => {
  await page.goto("/health");
  await expect(page.getByRole("heading", { level: 1, name: "Tình trạng" })).toBeVisible();
  await context.clearCookies();
  await expect(page.getByText("Phiên làm việc đã hết hạn")).toBeVisible({ timeout: 60_000 });
  await page.getByLabel("Mật khẩu", { exact: true }).fill(process.env.TAIMAT_PASSWORD ?? "");
  await page.getByRole("button", { name: "Đăng nhập" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Tình trạng" })).toBeVisible();
});

test("a session that ended is begun anew where one was going", async ({ page, context }) => {
  // A page that asks for nothing by itself: the click is what learns of the end.
  await page.goto("/audit");
  await expect(page.getByRole("heading", { level: 1, name: "Nhật ký truy cập" })).toBeVisible();
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await context.clearCookies();
  await page.getByRole("link", { name: "Tình trạng" }).click();
  await expect(page.getByText("Phiên làm việc đã hết hạn")).toBeVisible();
  await page.getByLabel("Mật khẩu", { exact: true }).fill(process.env.TAIMAT_PASSWORD ?? "");
  await page.getByRole("button", { name: "Đăng nhập" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Tình trạng" })).toBeVisible();
});

test("who may only watch sees no button that would be refused", async ({ api, browser, baseURL }) => {
  const places = await (await api.get("/api/v1/places")).json();
  const commune = places.items.find((place: { kind: string }) => place.kind === "commune");
  const username = `quan-sat-${Date.now()}`;
  const made = await api.post("/api/v1/users", {
    data: {
      username,
      display_name: "Bà Hoa",
      password: "ba-tu-khong-lien-quan",
      roles: [{ role: "observer", place_id: commune.id }],
    },
  });
  expect(made.status(), await made.text()).toBe(201);

  const context = await browser.newContext({ baseURL, locale: "vi-VN" });
  const page = await context.newPage();
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.status() === 403) refused.push(response.url());
  });
  await page.goto("/live");
  await page.getByLabel("Tên đăng nhập").fill(username);
  await page.getByLabel("Mật khẩu", { exact: true }).fill("ba-tu-khong-lien-quan");
  await page.getByRole("button", { name: "Đăng nhập" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Xem trực tiếp" })).toBeVisible();
  const menu = page.getByRole("navigation", { name: "Trình đơn" });
  await expect(menu.getByRole("link", { name: "Xem trực tiếp" })).toBeVisible();
  for (const hidden of ["Quy tắc", "Người dùng", "Kênh báo tin", "Nhật ký truy cập", "Hồ sơ vụ việc"]) {
    await expect(menu.getByRole("link", { name: hidden })).toHaveCount(0);
  }
  await page.goto("/people");
  await expect(page.getByText("Bạn không có quyền xem trang này")).toBeVisible();
  await page.goto("/cameras");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByText("Thêm camera")).toHaveCount(0);
  expect(refused).toEqual([]);
  await context.close();
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });
  for (const path of ["/queue", "/live", "/search"]) {
    test(`${path} fits`, async ({ page }) => {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      if (path === "/live") await expect(page.locator("[data-live=playing]").first()).toBeVisible();
      else await expect(page.getByRole("main").getByRole("status").filter({ hasText: /…/ })).toHaveCount(0);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wide, "nothing hangs over the right edge").toBeLessThanOrEqual(0);
      await page.screenshot({ path: `${folder}/phone${path.replaceAll("/", "-")}.vi.png` });
    });
  }
});

test("a page can be installed and is read at twice the size", async ({ page }) => {
  await page.goto("/queue");
  const manifest = await page.locator("link[rel=manifest]").getAttribute("href");
  const answer = await page.request.get(manifest ?? "");
  expect((await answer.json()).start_url).toBe("/");
  await page.setViewportSize({ width: 720, height: 450 });
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
});
