import { expect, test } from "./fixtures";
import { choose, type Named, named, pick, removeNamed } from "./things";

/** Where a browser without the Internet would have been told to be reached. */
const ENDPOINT = "https://push.example/abc";

test.beforeEach(async ({ context, page }) => {
  await context.grantPermissions(["notifications"]);
  // A browser asks its maker's servers where it can be reached; here it is told.
  await page.addInitScript((endpoint) => {
    PushManager.prototype.subscribe = async () => {
      const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
      const open = await crypto.subtle.exportKey("raw", pair.publicKey);
      const keys: Record<string, ArrayBuffer> = {
        p256dh: open,
        auth: crypto.getRandomValues(new Uint8Array(16)).buffer,
      };
      return { endpoint, getKey: (name: string) => keys[name] ?? null } as unknown as PushSubscription;
    };
  }, ENDPOINT);
});

test("a browser is enrolled for pushed warnings", async ({ page, api }) => {
  const name = `Máy trực ban ${Date.now().toString(36)}`;
  await page.goto("/channels");
  await page.getByRole("button", { name: "Thêm kênh" }).click();
  const dialog = page.getByRole("dialog");
  await pick(dialog, "Loại kênh", "Thông báo của trình duyệt");
  await dialog.getByRole("textbox", { name: "Tên kênh" }).fill(name);
  await choose(dialog, "Địa bàn", "Thành phố Huế");
  await dialog.getByRole("button", { name: "Lưu" }).click();
  await expect(dialog.getByRole("alert"), "not before the browser agrees").toBeVisible();
  await dialog.getByLabel("Liên hệ của người quản trị").fill("mailto:truc-ban@example.vn");
  await dialog.getByRole("button", { name: "Nhận thông báo trên trình duyệt này" }).click();
  await expect(dialog.getByText("Trình duyệt này đã đăng ký.")).toBeVisible();
  await dialog.getByRole("button", { name: "Lưu" }).click();
  await expect(dialog).toBeHidden();

  const made = await named<Named & { settings: unknown; has_secrets: boolean }>(api, "channels", name);
  expect(made.settings).toMatchObject({ type: "web_push", endpoint: ENDPOINT });
  expect(made.has_secrets, "the keys are kept").toBe(true);
  expect(JSON.stringify(made), "and not shown").not.toContain("vapid_key");
  await removeNamed(api, "channels", name);
});

test("a pushed warning is shown, with where it leads", async ({ page, context, baseURL }) => {
  await page.goto("/queue");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const devtools = await context.newCDPSession(page);
  const registered = new Promise<string>((resolve) =>
    devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const [first] = registrations;
      if (first) resolve(first.registrationId);
    }),
  );
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.deliverPushMessage", {
    origin: new URL(baseURL ?? "").origin,
    registrationId: await registered,
    data: JSON.stringify({ title: "Có người trong sân", body: "Cổng chợ, 02:14", tag: "item-1", url: "/reports" }),
  });
  const shown = () =>
    page.evaluate(async () => {
      const worker = await navigator.serviceWorker.ready;
      return (await worker.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, data }));
    });
  await expect
    .poll(shown)
    .toEqual([{ title: "Có người trong sân", body: "Cổng chợ, 02:14", tag: "item-1", data: { url: "/reports" } }]);
});
