import { createHmac } from "node:crypto";
import { expect, test } from "./fixtures";
import { agree, all, choose, type Named, named, pick, post, removeNamed } from "./things";

const NEEDED = "Cần điền mục này.";
const COMMUNE = "Xã Bình An";

interface Item {
  id: string;
  version: number;
  rule_name: string;
  severity: string;
  state: string;
}

const itemsOf = async (api: Parameters<typeof all>[0], rule: string) =>
  (await all<Item & Named>(api, "review-items?limit=100")).filter((one) => one.rule_name === rule);

test("a bell is added, tried, changed and removed", async ({ page, api }) => {
  const [name, renamed] = ["Chuông nhà bà Tư (thử)", "Chuông nhà bà Tư, cổng sau (thử)"];
  await removeNamed(api, "bells", name, renamed);
  await page.goto("/bells");
  await page.getByRole("button", { name: "Thêm chuông" }).click();
  const dialog = page.getByRole("dialog", { name: "Thêm chuông" });
  await dialog.getByRole("button", { name: "Lưu" }).click();
  for (const label of ["Tên chuông", "Hộ dân", "Mã thiết bị", "Địa bàn"])
    await expect(dialog.getByLabel(label).first(), label).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByRole("alert")).toHaveText("Bấm vào bản đồ để đặt vị trí của chuông.");
  await expect(dialog.getByLabel("Tên chuông"), "the first that is missing is led to").toBeFocused();

  await dialog.getByLabel("Tên chuông").fill(name);
  await dialog.getByLabel("Hộ dân").fill("Hộ bà Trần Thị Tư");
  await dialog.getByLabel("Mã thiết bị").fill("chuong-thu");
  await choose(dialog, "Địa bàn", "Thôn Tây");
  await dialog.getByRole("region", { name: "Bản đồ" }).click();
  await expect(dialog.getByLabel("Vĩ độ")).not.toHaveValue("");
  await dialog.getByRole("button", { name: "Lưu" }).click();
  await expect(dialog.getByText("chỉ hiện một lần này")).toBeVisible();
  const key = (await dialog.locator("code").textContent()) ?? "";
  await dialog.getByRole("button", { name: "Đã chép, đóng lại" }).click();
  await expect(dialog).toBeHidden();

  const bell = await named<Named & { device: string; point: object }>(api, "bells", name);
  expect(bell).toMatchObject({ device: "chuong-thu", point: { latitude: expect.any(Number) } });
  const body = JSON.stringify({ press: "test", battery: 0.88 });
  const time = Date.now();
  const signature = `t=${time},v1=${createHmac("sha256", key).update(`${time}.${body}`).digest("hex")}`;
  const pressed = await api.post(`/api/v1/bells/${bell.id}/presses`, {
    headers: { "Taimat-Signature": signature, "Content-Type": "application/json" },
    data: body,
  });
  expect(pressed.status(), "the key that was shown is the bell's").toBe(202);
  await expect.poll(() => itemsOf(api, name)).toContainEqual(expect.objectContaining({ severity: "notice" }));
  await expect.poll(async () => (await named<Named & { heard_at?: string }>(api, "bells", name)).heard_at).toBeTruthy();
  await page.reload();
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("88");
  await expect(row).not.toContainText("chưa nghe tin");

  await row.getByRole("button", { name: `Sửa ${name}` }).click();
  const form = page.getByRole("dialog", { name: "Sửa chuông" });
  await expect(form.getByLabel("Hộ dân")).toHaveValue("Hộ bà Trần Thị Tư");
  await form.getByLabel("Tên chuông").fill(renamed);
  await form.getByLabel("Báo khi im lặng quá").fill("48");
  await form.getByRole("button", { name: "Lưu" }).click();
  await expect(form).toBeHidden();
  await expect(page.getByRole("row").filter({ hasText: renamed })).toBeVisible();
  expect(await named(api, "bells", renamed)).toMatchObject({ id: bell.id, silent_after_hours: 48 });

  await page.getByRole("button", { name: `Sửa ${renamed}` }).click();
  await form.getByRole("button", { name: "Xóa", exact: true }).click();
  await agree(page);
  await expect(page.getByRole("row").filter({ hasText: renamed })).toHaveCount(0);
  expect((await all(api, "bells")).map((one) => one.name)).not.toContain(renamed);
  for (const item of await itemsOf(api, name))
    await post(api, `review-items/${item.id}/steps`, {
      version: item.version,
      step: "dismiss",
      reason: "other",
      note: "thử",
    });
});

test("a button that is nobody's (its announcement stubbed) becomes a household's bell", async ({ page, api }) => {
  const name = "Chuông mới của tổ 3 (thử)";
  await removeNamed(api, "bells", name);
  await page.route("**/api/v1/bells/unknown", (route) =>
    route.fulfill({ json: { items: [{ device: "nut-la-0x7f", at: new Date().toISOString() }] } }),
  );
  await page.goto("/bells");
  const strangers = page.getByRole("status").filter({ hasText: "chưa gắn với hộ nào" });
  await strangers.getByRole("button", { name: "Thêm chuông từ “nut-la-0x7f”" }).click();
  const dialog = page.getByRole("dialog", { name: "Thêm chuông" });
  await expect(dialog.getByLabel("Mã thiết bị")).toHaveValue("nut-la-0x7f");
  await dialog.getByLabel("Tên chuông").fill(name);
  await dialog.getByLabel("Hộ dân").fill("Hộ ông Lê Văn Năm");
  await choose(dialog, "Địa bàn", "Tổ liên gia 3");
  await dialog.getByLabel("Vĩ độ").fill("16.4667");
  await dialog.getByRole("button", { name: "Lưu" }).click();
  await dialog.getByRole("button", { name: "Đã chép, đóng lại" }).click();
  expect(await named(api, "bells", name)).toMatchObject({ device: "nut-la-0x7f" });
  await removeNamed(api, "bells", name);
});

test("a sounder is added by what the refusals say, changed and removed", async ({ page, api }) => {
  const name = "Còi nhà văn hóa (thử)";
  await removeNamed(api, "sounders", name);
  await page.goto("/bells?tab=sounders");
  await page.getByRole("button", { name: "Thêm kẻng, còi" }).click();
  const dialog = page.getByRole("dialog", { name: "Thêm kẻng, còi" });
  await dialog.getByLabel("Tên", { exact: true }).fill(name);
  await choose(dialog, "Địa bàn", "Thôn Tây");
  const topic = dialog.getByLabel("Chủ đề MQTT");
  await topic.fill("cmnd/#");
  await dialog.getByRole("button", { name: "Lưu" }).click();
  await expect(dialog.getByRole("alert").first()).toContainText("Mục “Chủ đề MQTT” chưa hợp lệ.");
  await expect(topic).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByText("Một chủ đề MQTT, không có dấu # và +.")).toBeVisible();

  await pick(dialog, "Cách bật", "HTTP");
  await dialog.getByLabel("Địa chỉ bật").fill("192.0.2.30/on");
  await dialog.getByRole("button", { name: "Lưu" }).click();
  await expect(dialog.getByText("Địa chỉ phải bắt đầu bằng http:// hoặc https://")).toBeVisible();
  await dialog.getByLabel("Địa chỉ bật").fill("http://192.0.2.30/on");
  await dialog.getByLabel("Tự kêu khi có chuông bấm").fill("150");
  await dialog.getByRole("button", { name: "Lưu" }).click();
  await expect(dialog.getByText("Kẻng, còi kêu theo chuông gần đó cần có vị trí")).toBeVisible();
  await dialog.getByLabel("Vĩ độ").fill("16.4604");
  await dialog.getByRole("button", { name: "Lưu" }).click();
  await expect(dialog).toBeHidden();
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("chuông trong 150 m");
  expect(await named(api, "sounders", name)).toMatchObject({
    bells_within: 150,
    output: { type: "http", url: "http://192.0.2.30/on", off_url: null },
  });

  await row.getByRole("button", { name: `Sửa ${name}` }).click();
  const form = page.getByRole("dialog", { name: "Sửa kẻng, còi" });
  await form.getByLabel("Kêu trong").fill("25");
  await form.getByRole("switch", { name: "Đang dùng" }).click();
  await form.getByRole("button", { name: "Lưu" }).click();
  await expect(form).toBeHidden();
  await expect(row).toContainText("Đã tắt");
  await expect(row.getByRole("button", { name: /^Đánh/ }), "what is off is not rung").toHaveCount(0);
  expect(await named(api, "sounders", name)).toMatchObject({ seconds: 25, enabled: false });

  await row.getByRole("button", { name: `Sửa ${name}` }).click();
  await form.getByRole("button", { name: "Xóa", exact: true }).click();
  await agree(page);
  await expect(row).toHaveCount(0);
});

test("the gong is rung by hand: with a reason, on purpose, and written down", async ({ page, api }) => {
  const reason = `Thử kẻng ${Date.now().toString(36)}`;
  await page.goto("/bells?tab=sounders");
  await page.getByRole("button", { name: "Đánh “Kẻng an ninh”" }).click();
  const dialog = page.getByRole("dialog", { name: "Đánh “Kẻng an ninh”" });
  const ring = dialog.getByRole("button", { name: "Đánh", exact: true });
  await expect(ring).toBeDisabled();
  await dialog.getByLabel("Lý do").fill(reason);
  await expect(ring, "not yet on purpose").toBeDisabled();
  await dialog.getByLabel("Tôi chắc chắn cần đánh").check();
  await ring.click();
  await expect(page.getByText("Đã gửi lệnh đánh.")).toBeVisible();
  await page.getByRole("tab", { name: "Lịch sử đánh kẻng" }).click();
  const row = page.getByRole("row").filter({ hasText: reason });
  await expect(row).toContainText("người đánh");
  const { user } = await (await api.get("/api/v1/session")).json();
  await expect(row).toContainText(user.username);
});

/** What each kind of channel cannot do without. */
const KINDS = {
  "Zalo OA": ["Mã ứng dụng Zalo", "Mã nhóm hoặc mã người nhận", "Access token", "Refresh token", "Khóa bí mật"],
  Telegram: ["Mã cuộc trò chuyện", "Token của bot"],
  "Thư điện tử": ["Máy chủ", "Người gửi", "Người nhận"],
  "Thông báo của trình duyệt": ["Liên hệ của người quản trị"],
  "Hệ thống khác (webhook)": ["Địa chỉ nhận", "Khóa ký tin"],
  "MQTT, Home Assistant": ["Máy chủ"],
};

test("each kind of channel says by field what is missing", async ({ page }) => {
  await page.goto("/channels");
  await page.getByRole("button", { name: "Thêm kênh" }).click();
  const dialog = page.getByRole("dialog", { name: "Thêm kênh" });
  for (const [kind, labels] of Object.entries(KINDS)) {
    await pick(dialog, "Loại kênh", kind);
    await dialog.getByRole("button", { name: "Lưu" }).click();
    for (const label of ["Tên kênh", "Địa bàn", ...labels])
      await expect(dialog.getByLabel(label).first(), `${kind}: ${label}`).toHaveAttribute("aria-invalid", "true");
    // No field besides is marked.
    await expect(dialog.locator("input[aria-invalid=true], textarea[aria-invalid=true]")).toHaveCount(
      labels.length + 2,
    );
    await expect(dialog.getByText(NEEDED).first()).toBeVisible();
  }
});

test("a webhook is added, its failure told in words, changed without its secret, removed", async ({
  page,
  api,
  baseURL,
}) => {
  const [name, renamed, secret] = ["Hệ thống thử", "Hệ thống thử, đổi tên", "bi-mat-thu-0123456789"];
  await removeNamed(api, "channels", name, renamed);
  await page.goto("/channels");
  await page.getByRole("button", { name: "Thêm kênh" }).click();
  const dialog = page.getByRole("dialog", { name: "Thêm kênh" });
  await pick(dialog, "Loại kênh", "Hệ thống khác (webhook)");
  await dialog.getByLabel("Tên kênh").fill(name);
  await choose(dialog, "Địa bàn", COMMUNE);
  await dialog.getByLabel("Địa chỉ nhận").fill(`${baseURL}/api/v1/khong-co`);
  await dialog.getByLabel("Khóa ký tin").fill(secret);
  await pick(dialog, "Từ mức", "Báo động");
  await dialog.getByRole("button", { name: "Lưu" }).click();
  await expect(dialog).toBeHidden();
  const row = page.getByRole("row").filter({ hasText: name });
  await row.getByRole("button", { name: `Gửi thử qua “${name}”` }).click();
  const outcome = row.getByRole("status");
  await expect(outcome).toContainText("Không gửi được.");
  await expect(outcome).toContainText("Nơi nhận không có địa chỉ hoặc người nhận này.");
  await expect(outcome).toContainText("Cách xử lý: Kiểm tra lại địa chỉ");

  await row.getByRole("button", { name: `Sửa ${name}` }).click();
  const form = page.getByRole("dialog", { name: "Sửa kênh" });
  await expect(form.getByText("Đang lưu, không hiện lại.")).toBeVisible();
  await expect(form.getByLabel("Khóa ký tin")).toHaveValue("");
  await form.getByLabel("Địa chỉ nhận").fill("http://192.0.2.40/tin");
  await form.getByRole("button", { name: "Lưu" }).click();
  await expect(form.getByText("Khi địa chỉ hoặc một khóa thay đổi, phải nhập lại")).toBeVisible();
  await form.getByLabel("Địa chỉ nhận").fill(`${baseURL}/api/v1/khong-co`);
  await form.getByLabel("Tên kênh").fill(renamed);
  await form.getByRole("button", { name: "Lưu" }).click();
  await expect(form).toBeHidden();
  const stored = await named<Named & { has_secrets: boolean }>(api, "channels", renamed);
  expect(stored.has_secrets).toBe(true);
  expect(JSON.stringify(stored) + (await page.content())).not.toContain(secret);

  await page.getByRole("tab", { name: "Tin đã gửi" }).click();
  await pick(page.getByRole("main"), "Kênh", renamed);
  await pick(page.getByRole("main"), "Kết quả", "không gửi được");
  const sent = page.getByRole("row").filter({ hasText: renamed }).filter({ hasText: "Gửi thử" });
  await expect(sent).toContainText("Kiểm tra lại địa chỉ");
  const [before] = await all<Named & { next_attempt_at: string }>(api, `deliveries?channel=${stored.id}`);
  await sent.getByRole("button", { name: /^Gửi lại tin/ }).click();
  await expect(page.getByText("Đang gửi lại.")).toBeVisible();
  await expect
    .poll(async () => (await all<Named & { next_attempt_at: string }>(api, `deliveries?channel=${stored.id}`))[0])
    .not.toMatchObject({ next_attempt_at: before?.next_attempt_at });
  await expect(sent, "it is tried, and refused again").toContainText("không gửi được");

  await page.getByRole("tab", { name: "Kênh", exact: true }).click();
  await page.getByRole("button", { name: `Sửa ${renamed}` }).click();
  await form.getByRole("button", { name: "Xóa", exact: true }).click();
  await agree(page);
  await expect(page.getByRole("row").filter({ hasText: renamed })).toHaveCount(0);
});

test("a rule that two people change: the second learns of the first, and loses nothing", async ({
  page,
  api,
  context,
  faults,
}) => {
  const [name, theirs, mine] = [
    "Hai người cùng sửa (thử)",
    "Người thứ nhất đặt tên (thử)",
    "Người thứ hai đặt tên (thử)",
  ];
  await removeNamed(api, "rules", name, theirs, mine);
  const place = await named(api, "places", COMMUNE);
  const rule = await post<Named>(api, "rules", {
    place_id: place.id,
    rule: {
      name,
      severity: "notice",
      enabled: false,
      classes: ["person"],
      cool_down_seconds: 60,
      condition: { type: "appears" },
    },
  });
  const other = await context.newPage();
  other.on("pageerror", (error) => faults.push(String(error)));
  for (const one of [page, other]) {
    await one.goto(`/rules/${rule.id}`);
    await expect(one.getByLabel("Tên quy tắc")).toHaveValue(name);
  }
  await page.getByLabel("Tên quy tắc").fill(mine);
  await page.getByLabel("Không báo lại trong").fill("90");

  await other.getByLabel("Tên quy tắc").fill(theirs);
  await pick(other.getByRole("main"), "Mức độ", "Cảnh báo");
  await other.getByRole("button", { name: "Lưu, chưa bật" }).click();
  await expect(other.getByText(`Đã lưu quy tắc “${theirs}”.`)).toBeVisible();

  await page.getByRole("button", { name: "Lưu, chưa bật" }).click();
  const newer = page.getByRole("alert").filter({ hasText: "Người khác vừa lưu bản mới" });
  await expect(newer).toContainText(`Tên quy tắc (${theirs})`);
  await expect(newer).toContainText("Mức độ (Cảnh báo)");
  await expect(page.getByLabel("Tên quy tắc")).toHaveValue(mine);
  await expect(page.getByLabel("Không báo lại trong")).toHaveValue("90");
  expect(await named(api, "rules", theirs), "nothing is overwritten").toMatchObject({ cool_down_seconds: 60 });

  await newer.getByRole("button", { name: "Giữ phần tôi đã sửa" }).click();
  await expect(page.getByLabel("Tên quy tắc")).toHaveValue(mine);
  await expect(
    page.getByRole("textbox", { name: "Mức độ" }).or(page.getByRole("combobox", { name: "Mức độ" })),
  ).toHaveValue("Cảnh báo");
  await page.getByRole("button", { name: "Lưu, chưa bật" }).click();
  await expect(page.getByText(`Đã lưu quy tắc “${mine}”.`)).toBeVisible();
  expect(await named(api, "rules", mine)).toMatchObject({ id: rule.id, severity: "alert", cool_down_seconds: 90 });
  await removeNamed(api, "rules", mine);
});

test("what a camera has learnt to keep quiet about is shown on its picture (the answer stubbed)", async ({
  page,
  api,
}) => {
  const camera = await named(api, "cameras", "Ngã ba chợ Bình An");
  const spot = {
    id: "0198c0de-0000-7000-8000-000000000001",
    class: "person",
    camera_id: camera.id,
    place_id: (await named(api, "places", "Thôn Đông")).id,
    dismissed: 5,
    needed: 5,
    suppressed: 12,
    active_since: "2026-11-20T01:00:00Z",
    likeness: { foot: [0.4, 0.6], size: 0.1, minute_of_day: 435 },
    examples: [
      {
        firing_id: "0198c0de-0000-7000-8000-000000000002",
        at: "2026-11-19T00:15:00Z",
        box: { x: 0.35, y: 0.4, w: 0.1, h: 0.2 },
      },
    ],
  };
  await page.route("**/api/v1/cameras/*/quiet", (route) => route.fulfill({ json: { items: [spot] } }));
  await page.goto(`/cameras/${camera.id}`);
  await page.getByRole("tab", { name: "Đã học bỏ qua" }).click();
  await expect(page.getByRole("heading", { name: "Chỗ 1: Người" })).toBeVisible();
  await expect(page.getByText("khoảng 07:15 hằng ngày")).toBeVisible();
  await expect(page.getByText("Đã không báo 12 lần")).toBeVisible();
  await page.getByRole("button", { name: "Quên, báo lại như cũ" }).click();
  const asked = page.getByRole("dialog");
  await expect(asked).toContainText("Camera sẽ báo lại những thứ như thế này");
  await asked.getByRole("button", { name: "Hủy" }).click();
  await expect(asked).toBeHidden();
});

test("the streams of a camera are tried and shown in detail", async ({ page, api }) => {
  const camera = await named(api, "cameras", "Cổng trường tiểu học");
  await page.goto(`/cameras/${camera.id}`);
  await page.getByRole("tab", { name: "Luồng hình" }).click();
  await page.getByRole("button", { name: "Thử kết nối lại ngay" }).click();
  const panel = page.getByRole("tabpanel");
  await expect(panel.getByRole("row", { name: "Cỡ hình 1920 × 1080" })).toBeVisible({ timeout: 30_000 });
  await expect(panel.getByRole("row", { name: "Kiểu nén H265" }).first()).toBeVisible();
  await expect(panel.getByRole("img", { name: "Luồng chính" })).toBeVisible();
});

test("the dialogue of one's tokens is opened and closed by keys alone", async ({ page, api }) => {
  await page.goto("/cameras");
  const { user } = await (await api.get("/api/v1/session")).json();
  const account = page.getByRole("banner").getByRole("button", { name: user.display_name || user.username });
  await account.focus();
  await page.keyboard.press("Enter");
  const entry = page.getByRole("menuitem", { name: "Mã truy cập của tôi" });
  await expect(entry).toBeVisible();
  for (let step = 0; step < 6 && !(await entry.evaluate((it) => it === document.activeElement)); step += 1)
    await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Mã truy cập của tôi" });
  await expect(dialog.getByLabel("Dùng cho việc gì")).toBeVisible();
  await page.keyboard.press("Tab");
  expect(await dialog.evaluate((it) => it.contains(document.activeElement)), "focus is inside").toBe(true);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(account, "and back where it came from").toBeFocused();
});
