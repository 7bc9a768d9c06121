// Shows warnings that are pushed while the page is closed, and opens the item they tell of.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    told = { body: event.data?.text() };
  }
  const title = told.title ?? "Taimat";
  event.waitUntil(
    self.registration.showNotification(title, {
      body: told.body ?? "",
      tag: told.tag,
      icon: "/icon.svg",
      data: { url: told.url ?? "/queue" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url ?? "/queue", self.location.origin);
  const target = url.origin === self.location.origin ? url.href : self.location.origin;
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((pages) => {
      const open = pages[0];
      return open ? open.navigate(target).then((page) => page?.focus()) : self.clients.openWindow(target);
    }),
  );
});
