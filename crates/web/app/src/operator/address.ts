/** What somebody typed or pasted as the address of a camera. */
export type Address =
  | { is: "host"; host: string; port?: number }
  | { is: "url"; url: string; username?: string; password?: string }
  | { is: "nothing" };

/** Reads it; credentials within an address are taken out of it. */
export function readAddress(typed: string): Address {
  const text = typed.trim();
  if (!text) return { is: "nothing" };
  if (text.includes("://")) {
    if (!/^rtsps?:\/\//i.test(text) || !URL.canParse(text)) return { is: "nothing" };
    const url = new URL(text);
    if (!url.hostname) return { is: "nothing" };
    const [username, password] = [url.username, url.password].map(decodeURIComponent);
    url.username = "";
    url.password = "";
    return {
      is: "url",
      url: url.href,
      ...(username && { username }),
      ...(password && { password }),
    };
  }
  const parts = /^(\[[\da-f:]+\]|[^\s/:]+)(?::(\d{1,5}))?\/?$/i.exec(text);
  if (!parts?.[1]) return { is: "nothing" };
  return { is: "host", host: parts[1], ...(parts[2] && { port: Number(parts[2]) }) };
}
