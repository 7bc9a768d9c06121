/** What came in the way of a message, as far as a person can do something about it. */
export type Trouble = "secrets" | "silent" | "unreachable" | "address" | "busy" | "theirs" | "refused";

const SIGNS: [Trouble, RegExp][] = [
  ["secrets", /renewing the access token|not ?authori[sz]ed|\b(401|403|407|530|534|535|538)\b/i],
  ["silent", /in time|timed out/i],
  ["unreachable", /no connection|the connection broke|connection (error|refused|reset)|dns|unreachable/i],
  ["busy", /\b429\b|quota|rate limit/i],
  ["address", /\b(3\d\d|404|410)\b|chat not found/i],
  ["theirs", /\b5\d\d\b/],
];

/** Sorts what the server wrote down of an attempt, whose words are for who mends it. */
export const troubleOf = (words: string): Trouble =>
  SIGNS.find(([, sign]) => sign.test(words))?.[0] ?? "refused";
