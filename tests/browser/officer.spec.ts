import type { APIRequestContext, Page } from "@playwright/test";
import { expect, test } from "./fixtures";

interface Item {
  id: string;
  state: string;
  version: number;
  camera_id: string | null;
  rule_name: string;
  steps: { step: string; reason: string | null; note: string | null }[];
}

/** Items of cameras that nobody has looked at yet. */
async function fresh(api: APIRequestContext, count: number): Promise<Item[]> {
  const items: Item[] = [];
  await expect
    .poll(
      async () => {
        const answer = await api.get("/api/v1/review-items?state=new&limit=200");
        const all = ((await answer.json()) as { items: Item[] }).items;
        items.splice(0, items.length, ...all.filter((item) => item.camera_id));
        return items.length;
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThanOrEqual(count);
  return items;
}

async function read(api: APIRequestContext, id: string): Promise<Item> {
  return (await api.get(`/api/v1/review-items/${id}`)).json();
}

async function open(page: Page, item: Item) {
  await page.goto(`/queue?item=${item.id}`);
  await expect(page.getByRole("button", { name: "Xác nhận" })).toBeVisible();
}

const place = async (api: APIRequestContext, name: string): Promise<string> => {
  const { items } = await (await api.get("/api/v1/places")).json();
  return items.find((one: { name: string }) => one.name === name).id;
};

test.describe("the queue", () => {
  test("an item is taken, confirmed with one key and reopened with another", async ({ page, api }) => {
    const [item] = await fresh(api, 1);
    if (!item) throw new Error("nothing to review");
    await open(page, item);
    await page.keyboard.press("t");
    await expect.poll(async () => (await read(api, item.id)).state).toBe("taken");
    await expect(page.getByText("nhận xử lý").first()).toBeVisible();

    await page.keyboard.press("x");
    await expect.poll(async () => (await read(api, item.id)).state).toBe("confirmed");
    await expect.poll(() => new URL(page.url()).searchParams.get("item")).not.toBe(item.id);
    await expect(page.getByText("Hoàn tác (10 giây)")).toBeVisible();

    await page.keyboard.press("z");
    await expect.poll(async () => (await read(api, item.id)).state).toBe("taken");
    await expect.poll(() => new URL(page.url()).searchParams.get("item")).toBe(item.id);
    const { steps } = await read(api, item.id);
    expect(steps.map((one) => one.step)).toEqual(["take", "confirm", "reopen"]);
  });

  test("an item is dismissed with a reason", async ({ page, api }) => {
    const [item] = await fresh(api, 1);
    if (!item) throw new Error("nothing to review");
    await open(page, item);
    await page.keyboard.press("b");
    await expect(page.getByRole("menuitem", { name: /Lá cây hoặc bóng/ })).toBeVisible();
    await page.keyboard.press("2");
    await expect.poll(async () => (await read(api, item.id)).state).toBe("dismissed");
    expect((await read(api, item.id)).steps.at(-1)?.reason).toBe("leaves_or_shadow");
    await page.getByRole("button", { name: /Hoàn tác/ }).click();
    await expect.poll(async () => (await read(api, item.id)).state).toBe("taken");
  });

  test("an item is handed up with a note, and taken back", async ({ page, api }) => {
    const [item] = await fresh(api, 1);
    if (!item) throw new Error("nothing to review");
    await open(page, item);
    await page.keyboard.press("l");
    const dialogue = page.getByRole("dialog", { name: "Chuyển cấp trên" });
    await dialogue.getByLabel("Nội dung").fill("Cần tổ tuần tra đến xem");
    await page.keyboard.press("Enter");
    await expect.poll(async () => (await read(api, item.id)).state).toBe("escalated");
    expect((await read(api, item.id)).steps.at(-1)?.note).toBe("Cần tổ tuần tra đến xem");
    await page.getByRole("button", { name: /Nhận lại/ }).click();
    await expect.poll(async () => (await read(api, item.id)).state).toBe("taken");
  });

  test("whoever is slower learns who was faster", async ({ page, api }) => {
    const [item] = await fresh(api, 1);
    if (!item) throw new Error("nothing to review");
    // The page hears nothing of what others do.
    await page.route("**/api/v1/live", (route) => route.abort());
    await open(page, item);
    const { version } = await read(api, item.id);
    const step = { step: "dismiss", reason: "duplicate", version };
    expect((await api.post(`/api/v1/review-items/${item.id}/steps`, { data: step })).ok()).toBe(true);
    await page.keyboard.press("x");
    await expect(page.getByText("Đã có người làm trước bạn")).toBeVisible();
    await expect(page.getByText(/đã chuyển sang “Đã bỏ qua”/)).toBeVisible();
    expect((await read(api, item.id)).state).toBe("dismissed");
  });

  test("the next item is there at once, with its clip", async ({ page, api }) => {
    await fresh(api, 4);
    await page.goto("/queue");
    const ready = (video: HTMLVideoElement) => video.readyState >= 2;
    const shown = page.locator("[data-active=true] video");
    await expect.poll(() => shown.evaluate(ready)).toBe(true);
    await expect.poll(() => shown.evaluate((video: HTMLVideoElement) => video.currentTime)).toBeGreaterThan(0);
    let took: number | undefined;
    for (let at = 0; at < 8 && took === undefined; at += 1) {
      // What comes next is made ready while this one is looked at.
      const next = page.locator("[data-active=false] video").first();
      let prepared = true;
      await expect
        .poll(() => next.evaluate(ready), { timeout: 8_000 })
        .toBe(true)
        .catch(() => {
          prepared = false;
        });
      if (!prepared) {
        await page.keyboard.press("j");
        continue;
      }
      took = await next.evaluate(
        (video: HTMLVideoElement) =>
          new Promise<number>((done, fail) => {
            const begun = performance.now();
            window.dispatchEvent(new KeyboardEvent("keydown", { key: "j", code: "KeyJ" }));
            const look = () => {
              const active = document.querySelector("[data-active=true] video");
              if (active !== video && performance.now() - begun < 5_000) requestAnimationFrame(look);
              else if (active === video && video.readyState >= 2) done(performance.now() - begun);
              else fail(new Error("what was made ready is not what is shown"));
            };
            look();
          }),
      );
    }
    expect(took, "one was made ready").toBeDefined();
    test.info().annotations.push({ type: "milliseconds to the next item", description: String(took) });
  });

  test("a key shows the same moment at the next camera, another all keys", async ({ page, api }) => {
    const [item] = await fresh(api, 1);
    if (!item) throw new Error("nothing to review");
    await open(page, item);
    const cameras = page.getByRole("group", { name: "Camera xung quanh" });
    await expect(cameras.getByRole("button").first()).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.press("1");
    await expect(cameras.getByRole("button").nth(1)).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.press("0");
    await expect(cameras.getByRole("button").first()).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.press("Shift+Slash");
    await expect(page.getByRole("dialog", { name: "Phím tắt" })).toBeVisible();
  });
});

test.describe("the wall", () => {
  test("cameras are shown as they are now, and one is enlarged", async ({ page }) => {
    await page.goto("/live?layout=4");
    const tiles = page.locator("[data-live]");
    await expect(tiles).toHaveCount(4);
    await expect(tiles.first()).toHaveAttribute("data-live", /playing|absent/);
    await expect(tiles.first().locator("time")).toHaveText(/^\d\d:\d\d:\d\d$/);
    const seen = await tiles.first().locator("time").getAttribute("datetime");
    expect(Math.abs(Date.now() - Date.parse(seen ?? ""))).toBeLessThan(10_000);

    const first = page.getByRole("button", { name: /^Phóng to/ }).first();
    await first.focus();
    await page.keyboard.press("ArrowRight");
    await expect(page.getByRole("button", { name: /^Phóng to/ }).nth(1)).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(tiles).toHaveCount(1);
    expect(new URL(page.url()).searchParams.get("large")).toBeTruthy();
    await page.keyboard.press("Escape");
    await expect(tiles).toHaveCount(4);
  });

  test("what the browser cannot play is converted, and until there is room for that, stills are shown", async ({
    page,
    api,
  }) => {
    const { items } = await (await api.get("/api/v1/cameras/states")).json();
    const camera = items.find((state: { streams: { codec: string; online: boolean }[] }) =>
      state.streams.every((one) => one.codec === "h265" && one.online),
    );
    let busy = true;
    await page.routeWebSocket(/\/live\?.*codec=h264/, (socket) => {
      if (busy) void socket.close({ code: 1013 });
      else socket.connectToServer();
    });
    await page.goto(`/live?layout=4&cameras=${camera.camera_id}`);
    const tile = page.locator("[data-live]");
    await expect(tile.getByText("Ảnh tĩnh, máy chủ đang bận chuyển mã")).toBeVisible();
    await expect(tile.getByRole("img")).toBeVisible();
    busy = false;
    await expect(tile).toHaveAttribute("data-live", "playing");
    await expect(tile.getByText("Máy chủ đã chuyển mã")).toBeVisible();
    const video = tile.locator("video");
    const shown = () => video.evaluate((element: HTMLVideoElement) => element.currentTime);
    const before = await shown();
    await expect.poll(shown).toBeGreaterThan(before + 1);
  });

  test("a line that was cut heals without reloading", async ({ page }) => {
    let cut = false;
    const sockets: (() => void)[] = [];
    await page.routeWebSocket(/\/cameras\/.*\/live\?/, (socket) => {
      if (cut) void socket.close({ code: 1001 });
      else {
        socket.connectToServer();
        sockets.push(() => void socket.close({ code: 1001 }));
      }
    });
    await page.goto("/live?layout=4");
    const tile = page.locator("[data-live]").first();
    await expect(tile).toHaveAttribute("data-live", "playing");
    cut = true;
    for (const close of sockets) close();
    await expect(tile).toHaveAttribute("data-live", "connecting");
    cut = false;
    await expect(tile).toHaveAttribute("data-live", "playing");
  });

  test("a gong is rung with a reason, and says whether it rang", async ({ page, api }) => {
    const name = `Kẻng thử ${Date.now()}`;
    const made = await api.post("/api/v1/sounders", {
      data: {
        place_id: await place(api, "Xã Bình An"),
        // Nobody listens there.
        sounder: { name, kind: "gong", seconds: 1, output: { type: "http", url: "http://127.0.0.1:9/ring" } },
      },
    });
    expect(made.status(), await made.text()).toBe(201);
    const sounder = await made.json();
    try {
      await page.goto("/live?panel=true");
      await page.getByRole("button", { name: `Đánh ${name}` }).click();
      const dialogue = page.getByRole("dialog", { name: `Đánh ${name}` });
      await dialogue.getByRole("button", { name: "Đánh ngay" }).click();
      await expect(dialogue.getByText("Cần ghi lý do.")).toBeVisible();
      await dialogue.getByLabel("Lý do").fill("Diễn tập");
      await dialogue.getByRole("button", { name: "Đánh ngay" }).click();
      await expect(dialogue).toBeHidden();
      const panel = page.getByRole("complementary", { name: "Chuông và kẻng" });
      await expect(panel.getByText(/Không gọi được/).first()).toBeVisible({ timeout: 45_000 });
      const { items } = await (await api.get("/api/v1/rings")).json();
      expect(items[0]).toMatchObject({ sounder_name: name, reason: "Diễn tập", state: "failed" });
    } finally {
      await api.delete(`/api/v1/sounders/${sounder.id}?version=${sounder.version}`);
    }
  });

  test("an alarm brings its camera forward", async ({ page, api }) => {
    const cameras = (await (await api.get("/api/v1/cameras")).json()).items;
    const camera = cameras.at(-1);
    const made = await api.post("/api/v1/rules", {
      data: {
        place_id: camera.place_id,
        rule: {
          name: `Báo động thử ${Date.now()}`,
          severity: "alarm",
          cameras: [camera.id],
          classes: [],
          condition: { type: "appears" },
          cool_down_seconds: 600,
        },
      },
    });
    expect(made.status(), await made.text()).toBe(201);
    const rule = await made.json();
    try {
      await page.goto("/live?layout=4");
      const banner = page.getByRole("alert").filter({ hasText: "Báo động:" });
      await expect(banner).toBeVisible({ timeout: 80_000 });
      await expect(page.locator("[data-alarm=true]").first()).toBeVisible();
      await banner.getByRole("button", { name: "Xử lý sự kiện" }).click();
      await expect(page).toHaveURL(/\/queue\?item=/);
      await expect(page.getByRole("button", { name: "Xác nhận" })).toBeVisible();
    } finally {
      await api.delete(`/api/v1/rules/${rule.id}?version=${rule.version}`);
      const { items } = await (await api.get("/api/v1/review-items?severity=alarm&state=new")).json();
      for (const item of items.filter((one: Item) => one.rule_name === rule.name)) {
        const step = { step: "dismiss", reason: "duplicate", version: item.version };
        await api.post(`/api/v1/review-items/${item.id}/steps`, { data: step });
      }
    }
  });
});

test("a shift is begun, handed over, and its report is read and printed", async ({ page, api }) => {
  const open = await (await api.get("/api/v1/shifts?open=true")).json();
  for (const shift of open.items) await api.post(`/api/v1/shifts/${shift.id}/close`, { data: {} });
  const note = `Camera cổng trường hay mờ khi mưa (${Date.now()})`;
  await page.goto("/shifts");
  await page.getByRole("combobox", { name: "Địa bàn" }).click();
  await page.getByRole("option", { name: /Thôn Tây$/ }).click();
  await page.getByRole("button", { name: "Bắt đầu ca" }).click();
  await expect(page.getByText("Bạn đang trực")).toBeVisible();

  await page.getByRole("button", { name: "Bàn giao ca" }).click();
  const dialogue = page.getByRole("dialog", { name: "Bàn giao ca" });
  await dialogue.getByLabel("Nội dung bàn giao").fill(note);
  await dialogue.getByRole("button", { name: "Kết thúc ca" }).click();
  const row = page.getByRole("row").filter({ hasText: note });
  await expect(row).toBeVisible();

  await row.getByRole("link", { name: "Xem báo cáo" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Báo cáo ca trực" })).toBeVisible();
  await expect(page.getByText(note)).toBeVisible();
  await expect(page.getByText("sự kiện trong ca", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "In", exact: true })).toBeVisible();
  const form = await page.getByRole("link", { name: "Mẫu in có chữ ký" }).getAttribute("href");
  expect(await (await api.get(form ?? "")).text()).toContain(note);
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("navigation", { name: "Trình đơn" }).first()).toBeHidden();
  const told = page.locator(".mantine-Notifications-root").first();
  await expect(told, "what was told of the deed is not printed").toHaveCSS("display", "none");
  await expect(page.getByText(note)).toBeVisible();
});

test("what somebody tells comes into the queue", async ({ page }) => {
  const text = `Có người lạ quanh kho lúa (${Date.now()})`;
  await page.goto("/reports");
  await page.getByRole("button", { name: "Báo tin" }).click();
  const dialogue = page.getByRole("dialog", { name: "Báo tin" });
  await dialogue.getByRole("button", { name: "Gửi tin" }).click();
  await expect(dialogue.getByText("Cần ghi chuyện gì xảy ra.")).toBeVisible();
  await dialogue.getByLabel("Chuyện gì xảy ra?").fill(text);
  await dialogue.getByRole("combobox", { name: /Gần camera nào/ }).click();
  await page.getByRole("option", { name: "Cổng trường tiểu học" }).click();
  await dialogue.getByRole("button", { name: "Gửi tin" }).click();
  await expect(dialogue).toBeHidden();
  const card = page.getByRole("article").filter({ hasText: text });
  await expect(card).toBeVisible();
  await card.getByRole("link", { name: "Xem sự kiện" }).click();
  await expect(page.getByRole("definition").filter({ hasText: text })).toBeVisible();
});
