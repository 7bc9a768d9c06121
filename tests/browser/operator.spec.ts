import { expect, test } from "./fixtures";
import { all, choose, type Named, named, removeNamed } from "./things";

/** The camera of the demo whose password is known: config/demo/cameras.toml. */
const KNOWN = { name: "Cổng trụ sở công an xã", password: "binh-an-01" };

test("a camera is added, its wrong password mended by the remedy that is shown", async ({ page, api }) => {
  const name = "Cổng phụ trụ sở (thử)";
  await removeNamed(api, "cameras", name);
  const known = (await all<Named & { main_url: string }>(api, "cameras")).find((one) => one.name === KNOWN.name);
  expect(known, "the demo's camera").toBeDefined();

  await page.goto("/cameras");
  await page.getByRole("link", { name: "Thêm camera" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Thêm camera" })).toBeVisible();
  await page.getByLabel("Địa chỉ camera").fill(known?.main_url ?? "");
  await page.getByRole("textbox", { name: "Tên camera" }).fill(name);
  const password = page.getByLabel("Mật khẩu của camera", { exact: true });
  await password.fill("khong-dung");
  await page.getByRole("button", { name: "Tìm luồng" }).click();

  const trouble = page.getByRole("alert");
  await expect(trouble).toContainText("Chưa dùng được camera");
  await expect(trouble).toContainText("Cách xử lý");
  await expect(trouble).toContainText("mật khẩu");
  await expect(page.getByRole("textbox", { name: "Tên camera" }), "what was typed stays").toHaveValue(name);

  await password.fill(KNOWN.password);
  await page.getByRole("button", { name: "Tìm luồng" }).click();
  await expect(page.getByText("Camera dùng được.")).toBeVisible();
  await expect(page.getByText("1920 × 1080")).toBeVisible();

  await choose(page, "Địa bàn", "Thôn Đông");
  await page.getByLabel("Vĩ độ").fill("16.4641");
  await page.getByLabel("Kinh độ").fill("107.5912");
  await page.getByLabel("Hướng nhìn").fill("135");
  await page.getByRole("button", { name: "Lưu camera" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.locator("[data-live=playing]"), "it is seen live").toBeVisible();

  await page.getByRole("tab", { name: "Cài đặt" }).click();
  await page.getByRole("button", { name: "Xóa camera" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Xóa", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Camera" })).toBeVisible();
  await expect(page.getByRole("link", { name })).toHaveCount(0);
});

test("streams are found by the host alone, once the password is right", async ({ page, api }) => {
  const known = (await all<Named & { main_url: string }>(api, "cameras")).find((one) => one.name === KNOWN.name);
  const { host } = new URL(known?.main_url.replace(/^rtsp:/, "http:") ?? "http://127.0.0.1");
  await page.goto("/cameras/add");
  await page.getByLabel("Địa chỉ camera").fill(host);
  const password = page.getByLabel("Mật khẩu của camera", { exact: true });
  await password.fill("khong-dung");
  await page.getByRole("button", { name: "Tìm luồng" }).click();
  const outcome = page.getByRole("region", { name: "2. Kết quả thử" });
  await expect(outcome.getByRole("alert")).toContainText("mật khẩu", { timeout: 45_000 });
  await expect(outcome.getByText("Camera dùng được.")).toHaveCount(0);
  await password.fill(KNOWN.password);
  await page.getByRole("button", { name: "Tìm luồng" }).click();
  await expect(outcome.getByText("Camera dùng được.")).toBeVisible({ timeout: 45_000 });
  await expect(outcome.getByText("1920 × 1080"), "the main stream").toBeVisible();
  await expect(outcome.getByText("Các đường dẫn đã thử")).toBeVisible();
});

test("the other channels of a recorder (its numbers stubbed) are added all at once", async ({ page, api }) => {
  const [works, dead] = ["Kênh 2 của đầu ghi (thử)", "Kênh 3 của đầu ghi (thử)"];
  await removeNamed(api, "cameras", works, dead);
  const known = await named<Named & { main_url: string }>(api, "cameras", KNOWN.name);
  const { host, pathname } = new URL(known.main_url.replace(/^rtsp:/, "http:"));
  await page.route("**/api/v1/cameras/find", async (route) => {
    const answer = await route.fetch();
    const channels = [
      { number: 2, main_url: `rtsp://${host}${pathname}?channel=2`, sub_url: null },
      { number: 3, main_url: `rtsp://${host}/khong-co`, sub_url: null },
      { number: 4, main_url: `rtsp://${host}${pathname}?channel=4`, sub_url: null },
    ];
    await route.fulfill({ response: answer, json: { ...(await answer.json()), channels } });
  });
  await page.goto("/cameras/add");
  await page.getByLabel("Địa chỉ camera").fill(host);
  await page.getByLabel("Mật khẩu của camera", { exact: true }).fill(KNOWN.password);
  await page.getByRole("button", { name: "Tìm luồng" }).click();
  const found = page.getByRole("alert", { name: "Đây là đầu ghi: còn 3 kênh khác có hình." });
  await expect(found).toBeVisible({ timeout: 45_000 });
  await found.getByRole("button", { name: "Thêm các kênh khác" }).click();
  const dialog = page.getByRole("dialog", { name: "Thêm các kênh của đầu ghi" });
  await dialog.getByRole("checkbox", { name: "Kênh 4" }).uncheck();
  await dialog.getByLabel("Tên camera của kênh 2").fill(works);
  await dialog.getByLabel("Tên camera của kênh 3").fill(dead);
  const add = dialog.getByRole("button", { name: "Thử rồi thêm 2 camera" });
  await add.click();
  await expect(dialog.getByText("Chọn địa bàn của camera.")).toBeVisible();
  await choose(dialog, "Địa bàn", "Thôn Đông");
  await add.click();
  await expect(dialog.getByText("Đã thêm 1 camera")).toBeVisible({ timeout: 45_000 });
  await expect(dialog.getByRole("row").filter({ hasText: dead })).toContainText("Kiểm tra đường dẫn");
  await expect(dialog.getByRole("checkbox", { name: "Kênh 2" }), "it is there now").not.toBeChecked();
  const names = (await all(api, "cameras")).map((one) => one.name);
  expect([names.includes(works), names.includes(dead)]).toEqual([true, false]);
  await removeNamed(api, "cameras", works);
});

test("a zone is drawn, its rule tried on the past and switched on", async ({ page, api }) => {
  const name = "Người vào giữa sân (thử)";
  await removeNamed(api, "rules", name);
  const camera = (await all(api, "cameras")).find((one) => one.name === KNOWN.name);

  await page.goto(`/cameras/${camera?.id}?tab=rules`);
  await page.getByRole("link", { name: "Thêm quy tắc cho camera này" }).click();
  await expect(page.getByText(/Hình lúc/), "the live picture is there").toBeVisible();
  const picture = page.getByRole("region", { name: "Bấm lên hình" });
  const corners = [
    [0.1, 0.15],
    [0.9, 0.15],
    [0.9, 0.95],
    [0.1, 0.95],
  ];
  const { width = 0, height = 0 } = (await picture.boundingBox()) ?? {};
  for (const [x = 0, y = 0] of corners) await picture.click({ position: { x: x * width, y: y * height } });
  const handles = picture.getByRole("button", { name: /^Điểm \d/ });
  await expect(handles).toHaveCount(4);

  const before = await handles.first().getAttribute("aria-label");
  await handles.first().focus();
  await page.keyboard.press("Shift+ArrowRight");
  await expect(handles.first()).not.toHaveAttribute("aria-label", before ?? "");
  await page.keyboard.press("Control+z");
  await expect(handles.first()).toHaveAttribute("aria-label", before ?? "");

  await page.getByLabel("Tên quy tắc").fill(name);
  await page.getByLabel("Tên vùng").fill("Giữa sân");
  await page.getByRole("button", { name: "Thử quy tắc" }).click();
  const result = page.getByText(/Sẽ báo [\d.]+ lần/);
  await expect(result).toBeVisible();
  await expect
    .poll(
      async () => {
        // The demo may have begun a moment ago: somebody will walk through the yard.
        if ((await result.textContent()) === "Sẽ báo 0 lần")
          await page.getByRole("button", { name: "Thử quy tắc" }).click();
        return result.textContent();
      },
      { intervals: [2_000], timeout: 60_000 },
    )
    .not.toBe("Sẽ báo 0 lần");
  await expect(page.getByRole("img", { name: /^Hình lúc/ }).first()).toBeVisible();

  await page.getByRole("button", { name: "Lưu và bật" }).click();
  await expect(page.getByRole("link", { name })).toBeVisible();
  await expect(page.getByRole("switch", { name: `Bật quy tắc “${name}”` })).toBeChecked();
  const rule = (
    await all<Named & { enabled: boolean; condition: { type: string; zone: { corners: number[][] } } }>(api, "rules")
  ).find((one) => one.name === name);
  expect(rule?.enabled).toBe(true);
  expect(rule?.condition.type).toBe("enters");
  rule?.condition.zone.corners.forEach(([x, y], place) => {
    expect(x).toBeCloseTo(corners[place]?.[0] ?? -1, 1);
    expect(y).toBeCloseTo(corners[place]?.[1] ?? -1, 1);
  });
  await removeNamed(api, "rules", name);
});

test("a table of cameras is checked row by row before anything is added", async ({ page, api }) => {
  const before = (await all(api, "cameras")).length;
  await page.goto("/cameras");
  await page.getByRole("link", { name: "Thêm nhiều camera" }).click();
  const table = [
    "Tên,Địa bàn,Luồng chính,Mật khẩu",
    "Camera thiếu mọi thứ,,,",
    "Camera đầu xóm,Xã Bình An / Thôn Đông,rtsp://192.0.2.7/stream1,",
  ];
  await page.locator("input[type=file]").setInputFiles({
    name: "camera.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(`${table.join("\r\n")}\r\n`),
  });
  await expect(page.getByText("1 dòng có lỗi")).toBeVisible();
  await expect(page.getByText("1 dòng sẵn sàng")).toBeVisible();
  const faulty = page.getByRole("row").filter({ hasText: "Camera thiếu mọi thứ" });
  await expect(faulty.getByRole("listitem").first()).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "Camera đầu xóm" })).toContainText("Sẵn sàng thêm");
  await expect(page.getByRole("button", { name: "Thêm 1 camera" })).toBeVisible();
  expect((await all(api, "cameras")).length, "nothing was added").toBe(before);
});

test("health shows every camera, the disk and the parts of the server", async ({ page, api }) => {
  const cameras = await all(api, "cameras");
  await page.goto("/health");
  for (const { name } of cameras) await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
  await expect(page.getByRole("region", { name: "Máy chủ" })).toContainText("Cơ sở dữ liệu");
  await expect(page.getByRole("region", { name: "Chỗ lưu hình" })).toContainText(
    /Đầy sau|Không bị đầy|Chưa đủ dữ liệu/,
  );
  const storage = await (await api.get("/api/v1/storage")).json();
  expect(storage.capacity_bytes).toBeGreaterThan(0);
  await expect(page.getByRole("region", { name: "Chỗ lưu hình" }).getByRole("progressbar")).toBeVisible();
  await page.getByRole("checkbox", { name: "Chỉ hiện camera có trục trặc" }).check();
  await expect(page).toHaveURL(/trouble=true/);
});

test("a channel is tried, and the log says who did it", async ({ page }) => {
  await page.goto("/channels");
  await page
    .getByRole("button", { name: /^Gửi thử qua/ })
    .first()
    .click();
  await expect(page.getByText("Đã gửi thử thành công.")).toBeVisible();
  await page.goto("/audit?action=channel.test");
  await expect(page.getByRole("row").filter({ hasText: "Gửi thử kênh" }).first()).toBeVisible();
});

test("one's own token is made from the account menu, shown once and revoked", async ({ page, api }) => {
  const name = `Thử ${Date.now().toString(36)}`;
  await page.goto("/cameras");
  const { user } = await (await api.get("/api/v1/session")).json();
  await page
    .getByRole("banner")
    .getByRole("button", { name: user.display_name || user.username })
    .click();
  await page.getByRole("menuitem", { name: "Mã truy cập của tôi" }).click();
  const dialog = page.getByRole("dialog", { name: "Mã truy cập của tôi" });
  await dialog.getByLabel("Dùng cho việc gì").fill(name);
  await dialog.getByRole("button", { name: "Tạo mã" }).click();
  await expect(dialog.getByText("Mã chỉ hiện một lần này")).toBeVisible();
  await dialog.getByRole("button", { name: `Thu hồi “${name}”` }).click();
  await page.getByRole("dialog", { name: /^Xóa/ }).getByRole("button", { name: "Xóa", exact: true }).click();
  await expect(dialog.getByRole("button", { name: `Thu hồi “${name}”` })).toHaveCount(0);
});

test("places are added, renamed with their old name kept, and merged", async ({ page, api }) => {
  const stamp = Date.now().toString(36);
  await page.goto("/places");
  await page
    .getByRole("navigation", { name: "Cây địa bàn" })
    .getByRole("button", { name: /Thôn Đông/ })
    .click();
  await page.getByRole("button", { name: "Thêm địa bàn bên dưới" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Tên").fill(`Tổ thử ${stamp}`);
  await dialog.getByRole("button", { name: "Thêm", exact: true }).click();
  await expect(page.getByRole("heading", { level: 2, name: `Tổ thử ${stamp}` })).toBeVisible();
  await page.getByLabel("Tên", { exact: true }).fill(`Tổ mới ${stamp}`);
  await page.getByRole("button", { name: "Lưu thay đổi" }).click();
  await expect(page.getByText(`Tên cũ: Tổ thử ${stamp}`).first()).toBeVisible();
  await choose(page, "Gộp vào", "Thôn Tây");
  await page.getByRole("button", { name: `Gộp “Tổ mới ${stamp}”` }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Gộp/ }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Thôn Tây", exact: true })).toBeVisible();
  const merged = async () =>
    (await all<Named & { merged_into?: string }>(api, "places")).find((one) => one.name === `Tổ mới ${stamp}`)
      ?.merged_into;
  await expect.poll(merged).toBeTruthy();
});
