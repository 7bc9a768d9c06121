import { type APIRequestContext, expect, type Locator, type Page } from "@playwright/test";
import { test as base } from "./fixtures";
import { agree, all, choose, type Named, named, pick, post, removeNamed } from "./things";

const COMMUNE = "Xã Bình An";
const PASSWORD = "thu-vai-tro-0123";
const SOUNDER = "Kẻng xã (thử quyền)";
const RULE = "Quy tắc xã (thử quyền)";
const CAMERA = "Cổng trụ sở công an xã";

/** Every page, by its name in the menu: its address, and what is opened there. */
const PAGES: Record<string, { path: string; open?: (main: Locator) => Locator }> = {
  "Sự kiện cần xem": { path: "/queue", open: (main) => main.getByRole("list").getByRole("link") },
  "Xem trực tiếp": { path: "/live" },
  "Ca trực": { path: "/shifts", open: (main) => main.getByPlaceholder("Chọn địa bàn") },
  "Tin báo": { path: "/reports", open: (main) => main.getByRole("button", { name: /^(Báo tin|Gửi)/ }) },
  "Tìm kiếm": { path: "/search", open: (main) => main.getByRole("listitem").getByRole("button") },
  "Xem lại": { path: "/playback" },
  "Hồ sơ vụ việc": { path: "/cases", open: (main) => main.getByRole("button", { name: "Lập hồ sơ mới" }) },
  Camera: { path: "/cameras", open: (main) => main.getByRole("link", { name: CAMERA }) },
  "Quy tắc": { path: "/rules", open: (main) => main.getByRole("link", { name: RULE }) },
  "Tình trạng": { path: "/health", open: (main) => main.getByRole("link", { name: CAMERA }) },
  "Địa bàn": { path: "/places", open: (main) => main.getByRole("button", { name: /Thôn Đông/ }) },
  "Người dùng": { path: "/people", open: (main) => main.getByRole("row").getByRole("link") },
  "Chuông và kẻng": { path: "/bells", open: (main) => main.getByRole("tab", { name: "Kẻng, còi" }) },
  "Kênh báo tin": { path: "/channels", open: (main) => main.getByRole("button", { name: "Thêm kênh" }) },
  "Nhật ký truy cập": { path: "/audit", open: (main) => main.getByText("Chi tiết", { exact: true }) },
};
/** Pages that no menu names, with the one whose right they need. */
const INNER = { "/cameras/add": "Thêm camera", "/cameras/import": "Thêm camera", "/rules/new": "Quy tắc" };

const WATCHING = ["Xem trực tiếp", "Tin báo", "Camera", "Tình trạng", "Chuông và kẻng"];
const REVIEWING = [...WATCHING, "Sự kiện cần xem", "Ca trực", "Tìm kiếm", "Xem lại"];
const KEEPING = [...REVIEWING, "Quy tắc", "Địa bàn", "Kênh báo tin", "Thêm camera"];

/** What each role is offered, and what it may do with what is there. */
const ROLES = {
  observer: { offered: WATCHING, keeps: false, rings: false },
  duty_officer: { offered: REVIEWING, keeps: false, rings: true },
  investigator: { offered: [...REVIEWING, "Hồ sơ vụ việc"], keeps: false, rings: false },
  operator: { offered: KEEPING, keeps: true, rings: false },
  administrator: { offered: [...Object.keys(PAGES), "Thêm camera"], keeps: true, rings: true },
};

const usernameOf = (role: string) => `thu-${role.replace("_", "-")}`;

async function removeUser(api: APIRequestContext, username: string) {
  const known = (await all<Named & { username: string }>(api, "users")).find((one) => one.username === username);
  if (known) expect((await api.delete(`/api/v1/users/${known.id}`)).ok()).toBe(true);
}

/** A page that is signed in as a fresh person of a role at the commune. */
const test = base.extend<{ role: keyof typeof ROLES }>({
  role: ["observer", { option: true }],
  context: async ({ context, role, playwright, baseURL }, use) => {
    // The administrator's session stays, to put everything away afterwards.
    const admin = await playwright.request.newContext({ baseURL, storageState: await context.storageState() });
    const username = usernameOf(role);
    const [{ id: place_id }, camera] = [await named(admin, "places", COMMUNE), await named(admin, "cameras", CAMERA)];
    await removeUser(admin, username);
    await removeNamed(admin, "sounders", SOUNDER);
    await removeNamed(admin, "rules", RULE);
    const output = { type: "http", url: "http://192.0.2.9/on", body: "" };
    await post(admin, "sounders", { place_id, sounder: { name: SOUNDER, kind: "gong", seconds: 5, output } });
    const condition = { type: "appears" };
    const rule = {
      name: RULE,
      severity: "notice",
      enabled: false,
      classes: ["person"],
      cameras: [camera.id],
      condition,
    };
    await post(admin, "rules", { place_id, rule });
    await post(admin, "users", { username, password: PASSWORD, roles: [{ role, place_id }] });
    await context.clearCookies();
    await post(context.request, "session", { username, password: PASSWORD });
    await use(context);
    await removeUser(admin, username);
    await removeNamed(admin, "sounders", SOUNDER);
    await removeNamed(admin, "rules", RULE);
    await admin.dispose();
  },
});

/** Waits until a page has asked for all that it shows. */
async function settled(page: Page) {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByText("Đang tải…", { exact: true })).toHaveCount(0);
}

for (const [role, { offered, keeps, rings }] of Object.entries(ROLES)) {
  test.describe(role, () => {
    test.use({ role: role as keyof typeof ROLES });

    test(`${role}: every page that is offered works, and all others say what is missing`, async ({ page, faults }) => {
      test.slow();
      await page.goto("/cameras");
      const menu = page.getByRole("navigation", { name: "Trình đơn" });
      const names = Object.keys(PAGES);
      const expected = names.filter((name) => offered.includes(name));
      await expect(menu.getByRole("link")).toHaveText(expected);
      const main = page.getByRole("main");
      for (const [name, { path, open }] of Object.entries(PAGES)) {
        if (!offered.includes(name)) continue;
        await menu.getByRole("link", { name, exact: true }).click();
        await expect(page).toHaveURL(new RegExp(`${path}([?#].*)?$`));
        await settled(page);
        await expect(page.getByText("Bạn không có quyền"), name).toHaveCount(0);
        await open?.(main).first().click();
        await settled(page);
        if (await page.getByRole("dialog").count()) await page.keyboard.press("Escape");
        expect(faults, `${name}, opened`).toEqual([]);
      }
      const closed = Object.entries(PAGES).filter(([name]) => !offered.includes(name));
      const inner = Object.entries(INNER).filter(([, name]) => !offered.includes(name));
      for (const path of [...closed.map(([, { path }]) => path), ...inner.map(([path]) => path)]) {
        await page.goto(path);
        await expect(page.getByRole("heading", { name: "Bạn không có quyền xem trang này" }), path).toBeVisible();
        await expect(main).toContainText("hãy đề nghị quản trị viên cấp quyền");
      }
    });

    test(`${role}: no button is shown that would be refused`, async ({ page, api }) => {
      const camera = await named(api, "cameras", CAMERA);
      await page.goto(`/cameras/${camera.id}?tab=settings`);
      const panel = page.getByRole("tabpanel");
      await expect(panel).not.toBeEmpty();
      await expect(panel.getByText("nhưng không được sửa")).toHaveCount(keeps ? 0 : 1);
      await expect(panel.getByRole("button", { name: "Xóa camera" })).toHaveCount(keeps ? 1 : 0);
      for (const tab of ["Hình lúc này", "Luồng hình", "Đã học bỏ qua", "Công phân tích", "Đoạn thiếu", "Quy tắc"]) {
        await page.getByRole("tab", { name: tab }).click();
        await settled(page);
        await expect(panel).not.toBeEmpty();
      }
      await expect(panel.getByRole("row").filter({ hasText: RULE })).toBeVisible();
      await expect(panel.getByRole("switch", { name: `Bật quy tắc “${RULE}”` })).toHaveCount(keeps ? 1 : 0);
      await expect(panel.getByRole("link", { name: "Thêm quy tắc cho camera này" })).toHaveCount(keeps ? 1 : 0);
      await page.goto("/bells?tab=sounders");
      const row = page.getByRole("row").filter({ hasText: SOUNDER });
      await expect(row).toBeVisible();
      await expect(row.getByRole("button", { name: `Đánh “${SOUNDER}”` })).toHaveCount(rings ? 1 : 0);
      await expect(row.getByRole("button", { name: `Sửa ${SOUNDER}` })).toHaveCount(keeps ? 1 : 0);
    });
  });
}

/** Signs in as a person does. */
async function signIn(page: Page, username: string, password: string) {
  await page.getByLabel("Tên đăng nhập").fill(username);
  await page.getByLabel("Mật khẩu", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Đăng nhập" }).click();
}

base(
  "a person is added, signs in, gets other rights and another password, is locked out and removed",
  async ({ page, api, browser, faults }) => {
    const [username, display] = ["thu-nguoi-moi", "Nguyễn Thị Thử"];
    const [first, second] = ["mat-khau-dau-tien", "mat-khau-thu-hai"];
    await removeUser(api, username);
    await page.goto("/people");
    await page.getByRole("button", { name: "Thêm người dùng" }).click();
    const dialog = page.getByRole("dialog", { name: "Thêm người dùng" });
    await dialog.getByLabel("Họ tên").fill(display);
    const field = dialog.getByLabel("Tên đăng nhập");
    await field.fill("admin");
    await dialog.getByLabel("Mật khẩu", { exact: true }).fill(first);
    await dialog.getByRole("button", { name: "Thêm người dùng" }).click();
    await expect(dialog.getByRole("alert")).toContainText("Mục “Tên đăng nhập” chưa hợp lệ.");
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await field.fill(username);
    await dialog.getByRole("button", { name: "Thêm quyền" }).click();
    await dialog.getByRole("button", { name: "Thêm người dùng" }).click();
    await expect(
      dialog.getByText("Chọn địa bàn mà quyền này có hiệu lực."),
      "nobody gets everything unasked",
    ).toBeVisible();
    await choose(dialog, "Tại", "Thôn Đông");
    await dialog.getByRole("button", { name: "Thêm người dùng" }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("row").filter({ hasText: display })).toContainText("Trực ban: ");

    const context = await browser.newContext();
    const theirs = await context.newPage();
    theirs.on("pageerror", (error) => faults.push(String(error)));
    await theirs.goto("/");
    await signIn(theirs, username, first);
    const menu = theirs.getByRole("navigation", { name: "Trình đơn" });
    await expect(menu.getByRole("link", { name: "Sự kiện cần xem" })).toBeVisible();
    await expect(menu.getByRole("link", { name: "Người dùng" })).toHaveCount(0);

    const edit = async (change: () => Promise<void>) => {
      await page.getByRole("link", { name: display }).click();
      await change();
      await form.getByRole("button", { name: "Lưu" }).click();
      await expect(form).toBeHidden();
    };
    const form = page.getByRole("dialog", { name: `Sửa “${display}”` });
    await edit(() => pick(form, "Vai trò", "Người quan sát"));
    await theirs.goto("/");
    await expect(
      theirs.getByRole("heading", { level: 1, name: "Xem trực tiếp" }),
      "the first page that is offered",
    ).toBeVisible();
    await expect(menu.getByRole("link", { name: "Xem trực tiếp" })).toBeVisible();
    await expect(menu.getByRole("link", { name: "Sự kiện cần xem" })).toHaveCount(0);

    await edit(() => form.getByLabel("Đặt mật khẩu mới").fill(second));
    await expect(page.getByText("Các phiên đang mở của người này đã kết thúc.")).toBeVisible();
    await menu.getByRole("link", { name: "Tình trạng" }).click();
    await expect(theirs.getByText("Phiên làm việc đã hết hạn.")).toBeVisible();
    await theirs.getByLabel("Mật khẩu", { exact: true }).fill(second);
    await theirs.getByRole("button", { name: "Đăng nhập" }).click();
    await expect(theirs.getByRole("heading", { level: 1, name: "Tình trạng" })).toBeVisible();

    await edit(() => form.getByRole("switch", { name: "Khóa tài khoản" }).click());
    await expect(page.getByRole("row").filter({ hasText: display })).toContainText("Đã khóa");
    await expect(theirs.getByText("Phiên làm việc đã hết hạn."), "told without a click").toBeVisible();
    await theirs.getByLabel("Mật khẩu", { exact: true }).fill(second);
    await theirs.getByRole("button", { name: "Đăng nhập" }).click();
    await expect(theirs.getByText("Sai tên đăng nhập hoặc mật khẩu.")).toBeVisible();
    await context.close();

    await page.getByRole("link", { name: display }).click();
    await form.getByRole("button", { name: "Xóa người dùng" }).click();
    await agree(page);
    await expect(page.getByRole("row").filter({ hasText: display })).toHaveCount(0);
  },
);
