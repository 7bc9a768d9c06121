import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import type { APIRequestContext, Page } from "@playwright/test";
import { expect, test } from "./fixtures";

const run = promisify(execFile);

/** Draws a shape around all cameras by mouse, so that none lies on a button of the map. */
async function drawArea(page: Page) {
  const map = page.locator("canvas.maplibregl-canvas");
  await expect(map).toBeVisible();
  await page.getByRole("button", { name: "Khu vực", exact: true }).click();
  await expect(page.getByText("Nhấp từng góc trên bản đồ.")).toBeVisible();
  // The tools for drawing are fetched first.
  await expect(map).toBeFocused();
  const box = await map.boundingBox();
  if (!box) throw new Error("the map is not shown");
  for (const [x, y] of [
    [0.04, 0.04],
    [0.8, 0.04],
    [0.96, 0.96],
    [0.04, 0.85],
  ] as const) {
    const [left, top] = [box.x + box.width * x, box.y + box.height * y];
    await page.mouse.move(left, top);
    await page.mouse.move(left + 1, top, { steps: 3 });
    await page.mouse.click(left, top);
  }
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/shape=/);
}

/** What ffprobe says of a file. */
async function probe(file: string): Promise<{ codec: string; seconds: number }> {
  const { stdout } = await run("ffprobe", [
    ...["-v", "error", "-select_streams", "v:0", "-show_entries"],
    ...["stream=codec_name:format=duration", "-of", "json", file],
  ]);
  const found = JSON.parse(stdout) as { streams: { codec_name: string }[]; format: { duration: string } };
  return { codec: found.streams[0]?.codec_name ?? "", seconds: Number(found.format.duration) };
}

/** The camera of the demo at which most moves, of those that record so. */
async function busyCamera(api: APIRequestContext, codec = "h264") {
  const { items: states } = (await (await api.get("/api/v1/cameras/states")).json()) as {
    items: { camera_id: string; streams: { stream: string; codec: string | null; online: boolean }[] }[];
  };
  const plays = states.filter((state) =>
    state.streams.some((one) => one.stream === "main" && one.codec === codec && one.online),
  );
  const { items: events } = (await (await api.get("/api/v1/events?limit=500")).json()) as {
    items: { camera_id: string }[];
  };
  const count = (id: string) => events.filter((event) => event.camera_id === id).length;
  const busiest = plays.map((state) => state.camera_id).sort((a, b) => count(b) - count(a))[0];
  if (!busiest) throw new Error(`no camera of the demo records ${codec}`);
  return busiest;
}

test("a person is found by time and drawn area, and played back at that moment", async ({ page }) => {
  await page.goto("/search");
  await page.getByText("Hôm nay", { exact: true }).click();
  await page.getByRole("group", { name: "Loại đối tượng" }).getByText("Người", { exact: true }).click();
  await expect(page).toHaveURL(/classes=.*person/);
  await drawArea(page);
  const results = page.getByRole("list", { name: "Kết quả tìm kiếm" });
  const first = results.getByRole("button", { name: /^Người/ }).first();
  await expect(first).toBeVisible();
  await expect(results.getByRole("button", { name: /^Ô tô/ })).toHaveCount(0);
  await first.click();

  const drawer = page.getByRole("dialog", { name: "Chi tiết lượt nhìn thấy" });
  await expect(drawer.getByText("Có di chuyển").or(drawer.getByText("Đứng yên suốt"))).toBeVisible();
  await expect
    .poll(() => drawer.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime))
    .toBeGreaterThan(0.2);
  await drawer.getByRole("link", { name: "Xem lại lúc này" }).click();

  await expect(page).toHaveURL(/\/playback\?.*at=/);
  await expect(page.getByRole("heading", { level: 1, name: "Xem lại" })).toBeVisible();
});

/** A moment that is recorded, with a quarter of a minute to either side. */
async function recorded(api: APIRequestContext, camera: string): Promise<string> {
  let at = 0;
  await expect
    .poll(
      async () => {
        const [from, to] = [new Date(Date.now() - 600_000).toISOString(), new Date().toISOString()];
        const answer = await api.get(`/api/v1/cameras/${camera}/timeline`, { params: { from, to, stream: "main" } });
        const range = (await answer.json()).recordings[0]?.ranges.at(-1);
        if (!range) return 0;
        // Far enough back that something is seen after it.
        at = Date.parse(range.to) - 40_000;
        return at - Date.parse(range.from);
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThan(20_000);
  return new Date(at).toISOString();
}

test("scrubbing shows pictures, a click seeks, and a clip is taken along", async ({ page, api }) => {
  const camera = await busyCamera(api);
  const at = await recorded(api, camera);
  const cameras = encodeURIComponent(JSON.stringify([camera]));
  await page.goto(`/playback?cameras=${cameras}&at=${at}&span=300`);
  const picture = page.locator("video");
  const shown = () => picture.evaluate((video: HTMLVideoElement) => (video.readyState >= 2 ? video.currentTime : -1));
  await expect.poll(shown).toBeGreaterThan(0);

  const timeline = page.getByRole("slider", { name: /^Thời điểm đang xem/ });
  const box = await timeline.boundingBox();
  if (!box) throw new Error("the timeline is not shown");
  const [left, middle] = [box.x + box.width * 0.46, box.y + box.height * 0.6];
  await page.mouse.move(left - 30, middle);
  await page.mouse.move(left, middle, { steps: 5 });
  const preview = page.getByRole("img", { name: /^Hình lúc/ });
  await expect(preview).toBeVisible();
  await expect.poll(() => preview.evaluate((canvas: HTMLCanvasElement) => canvas.width)).toBe(320);
  const before = await shown();
  await page.mouse.click(left, middle);
  await expect.poll(shown).not.toBe(before);

  // Keys: play, stop, a frame, an event.
  await page.getByRole("heading", { level: 1 }).click();
  const still = await shown();
  await page.keyboard.press("Space");
  await expect.poll(shown).toBeGreaterThan(still + 0.5);
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Phát" })).toBeVisible();
  const value = () => timeline.getAttribute("aria-valuenow");
  const here = await value();
  await page.keyboard.press("n");
  await expect.poll(value).not.toBe(here);

  await page.keyboard.press("i");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("o");
  await expect(page.getByText("Đoạn dài 0:10")).toBeVisible();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Tải đoạn video (MP4)" }).click();
  const clip = await probe(await (await download).path());
  expect(clip.codec).toBe("h264");
  expect(clip.seconds).toBeGreaterThan(1);
});

/** Playback of a camera, and how far its picture is; -1 where there is none. */
async function playback(page: Page, api: APIRequestContext, camera: string) {
  const at = await recorded(api, camera);
  await page.goto(`/playback?cameras=${encodeURIComponent(JSON.stringify([camera]))}&at=${at}&span=300`);
  return () =>
    page
      .locator("video")
      .evaluate((video: HTMLVideoElement) => (video.readyState >= 2 && !video.seeking ? video.currentTime : -1));
}

test("what the browser cannot play is converted, and the waiting is explained", async ({ page, api }) => {
  const camera = await busyCamera(api, "h265");
  let server: "slow" | "busy" | "free" = "slow";
  const asked = new Set<string>();
  await page.route("**/transcoded/**", async (route) => {
    if (route.request().url().endsWith("media.mp4")) asked.add(route.request().url());
    await expect.poll(() => server, { timeout: 60_000 }).not.toBe("slow");
    if (server === "free") await route.continue();
    else await route.fulfill({ status: 503, headers: { "retry-after": "1" } });
  });
  const shown = await playback(page, api, camera);
  await expect(page.getByText("Máy chủ đang chuyển mã cho trình duyệt này…")).toBeVisible();
  expect(asked.size, "no work for what is not shown").toBe(1);
  server = "busy";
  const queued = page.getByText("Đang chờ đến lượt…");
  await expect(queued).toBeVisible();
  expect(await shown()).toBe(-1);
  server = "free";
  await expect.poll(shown).toBeGreaterThan(0);
  await expect(queued).toBeHidden();
  await expect(page.getByText("bản chuyển mã")).toBeVisible();
});

test("a server that stays busy is not asked for ever, but again by a button", async ({ page, api }) => {
  const camera = await busyCamera(api, "h265");
  await page.clock.install();
  await page.route("**/transcoded/**", (route) => route.fulfill({ status: 503, headers: { "retry-after": "5" } }));
  const shown = await playback(page, api, camera);
  await expect(page.getByText("Đang chờ đến lượt…")).toBeVisible();
  const busy = page.getByText("Máy chủ vẫn bận chuyển mã cho người khác.");
  await expect(async () => {
    await page.clock.runFor(5_000);
    await expect(busy).toBeVisible({ timeout: 100 });
  }).toPass();
  await page.unroute("**/transcoded/**");
  await page.getByRole("button", { name: "Thử lại" }).click();
  await page.clock.resume();
  await expect.poll(shown).toBeGreaterThan(0);
});

test("a recording that is lost on the way comes by itself, one that is gone is said to be", async ({ page, api }) => {
  const camera = await busyCamera(api);
  await page.route("**/segments/**", (route) => route.abort());
  const shown = await playback(page, api, camera);
  const lost = page.getByText("Không kết nối được với máy chủ.");
  await expect(lost).toBeVisible();
  await page.unroute("**/segments/**");
  await expect.poll(shown).toBeGreaterThan(0);
  await expect(lost).toBeHidden();

  await page.route("**/segments/**", (route) => route.fulfill({ status: 404 }));
  await page.reload();
  await expect(page.getByText("Không có đoạn ghi hình vào lúc đó.")).toBeVisible();
});

test("what moved in a part of the picture is listed, and a moment is gone to", async ({ page, api }) => {
  const camera = await busyCamera(api);
  const at = new Date(Date.now() - 60_000).toISOString();
  const cameras = encodeURIComponent(JSON.stringify([camera]));
  await page.goto(`/playback?cameras=${cameras}&at=${at}&span=300`);
  await page.getByRole("button", { name: "Có gì chuyển động ở đây?" }).click();
  const panel = page.getByRole("region", { name: "Có gì chuyển động ở đây?" });
  const area = panel.getByRole("application");
  await expect(area).toBeVisible();
  await area.focus();
  // A box by keys: Enter puts one into the middle, Shift and arrows make it larger.
  await page.keyboard.press("Enter");
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Shift+ArrowDown");
  }
  await panel.getByRole("button", { name: "Tìm chuyển động" }).click();
  await expect(panel.getByText(/^[1-9]\d* lúc có chuyển động/)).toBeVisible({ timeout: 60_000 });
  const timeline = page.getByRole("slider", { name: /^Thời điểm đang xem/ });
  const before = await timeline.getAttribute("aria-valuenow");
  await panel
    .getByRole("button", { name: /kéo dài/ })
    .first()
    .click();
  await expect.poll(() => timeline.getAttribute("aria-valuenow")).not.toBe(before);
});

test("a case is made with a sighting and exported", async ({ page }) => {
  const title = `Mất xe máy trước chợ ${Date.now()}`;
  await page.goto("/cases");
  await page.getByRole("button", { name: "Lập hồ sơ mới" }).first().click();
  const form = page.getByRole("dialog", { name: "Lập hồ sơ mới" });
  await form.getByLabel("Tên vụ việc").fill(title);
  await form.getByRole("combobox", { name: "Địa bàn" }).click();
  await page.getByRole("option").first().click();
  await form.getByRole("button", { name: "Lập hồ sơ", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  await expect(page.getByText("Hồ sơ chưa có gì")).toBeVisible();
  const address = page.url();

  // A sighting that is over has its picture.
  await page.goto("/search?classes=%5B%22person%22%5D&moving=true&minSeconds=2");
  await page
    .getByRole("list", { name: "Kết quả tìm kiếm" })
    .getByRole("button", { name: /^Người/ })
    .nth(8)
    .click();
  await page.getByRole("button", { name: "Thêm vào hồ sơ" }).click();
  const add = page.getByRole("dialog", { name: "Thêm vào hồ sơ" });
  await add.getByRole("combobox", { name: "Hồ sơ" }).click();
  await page.getByRole("option", { name: title }).click();
  await add.getByLabel("Ghi chú").fill("Người này đi về hướng thôn Tây.");
  await add.getByRole("button", { name: "Thêm", exact: true }).click();
  await expect(page.getByText("Đã thêm vào hồ sơ.")).toBeVisible();

  await page.goto(address);
  await expect(page.getByText("1. Lượt nhìn thấy")).toBeVisible();
  await expect(page.getByText("Người này đi về hướng thôn Tây.")).toBeVisible();
  await page.getByRole("button", { name: "Xuất tệp ZIP" }).click();
  // The job belongs to the server: it goes on while the page is loaded again.
  await page.reload();
  const file = page.getByRole("link", { name: "Tải tệp ZIP" });
  await expect(file).toBeVisible({ timeout: 60_000 });
  const download = page.waitForEvent("download");
  await file.click();
  const taken = await download;
  expect(taken.suggestedFilename()).toMatch(/\.zip$/);
  expect((await stat(await taken.path())).size).toBeGreaterThan(10_000);
});
