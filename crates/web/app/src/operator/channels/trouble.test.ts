import { expect, test } from "vitest";
import { troubleOf } from "./trouble";

test("what was written down of an attempt is sorted by what can be done about it", () => {
  for (const [words, trouble] of [
    ["no connection: error sending request: client error (Connect): Network is unreachable", "unreachable"],
    ["no answer in time: error sending request: operation timed out", "silent"],
    ["the broker does not answer in time", "silent"],
    ["broker: I/O: Connection refused (os error 111)", "unreachable"],
    ["broker: Connection refused, return code: `NotAuthorized`", "secrets"],
    ["HTTP 401: who are you", "secrets"],
    ["mail server: permanent error (535): Authentication failed", "secrets"],
    ["Zalo -14014 on renewing the access token: expired. Grant the application its rights again", "secrets"],
    ["HTTP 404", "address"],
    ["HTTP 301: redirections are not followed, give the new address", "address"],
    ["Telegram 400: Bad Request: chat not found", "address"],
    ["Telegram 429: Too Many Requests: retry after 5", "busy"],
    ["HTTP 502: Bad Gateway", "theirs"],
    ["Zalo -201: the message is too long", "refused"],
  ] as const)
    expect(troubleOf(words), words).toBe(trouble);
});
