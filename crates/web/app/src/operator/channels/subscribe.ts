const base64url = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

export const canPush = () => "serviceWorker" in navigator && "PushManager" in window;

export interface Subscription {
  endpoint: string;
  p256dh: string;
  auth: string;
  /** The private key, whose public half the browser was given. */
  vapid_key: string;
}

/** Subscribes this browser to pushed messages, with a pair of keys that is made for it. */
export async function subscribe(): Promise<Subscription> {
  const worker =
    (await navigator.serviceWorker.getRegistration()) ?? (await navigator.serviceWorker.register("/sw.js"));
  await navigator.serviceWorker.ready;
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const [open, secret] = await Promise.all([
    crypto.subtle.exportKey("raw", pair.publicKey),
    crypto.subtle.exportKey("jwk", pair.privateKey),
  ]);
  await (await worker.pushManager.getSubscription())?.unsubscribe();
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: open });
  const [p256dh, auth] = [made.getKey("p256dh"), made.getKey("auth")];
  if (!p256dh || !auth || !secret.d) throw new Error("no keys");
  return {
    endpoint: made.endpoint,
    p256dh: base64url(p256dh),
    auth: base64url(auth),
    vapid_key: secret.d,
  };
}
