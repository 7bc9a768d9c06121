import { expect, test } from "vitest";
import en from "./en";
import vi from "./vi";

/** Every key of a tree of texts, with its text. */
function flat(tree: object, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [[prefix + key, value] as [string, string]] : flat(value, `${prefix}${key}.`),
  );
}

/** English has plurals, Vietnamese has none. */
const singular = (key: string) => key.replace(/_(one|other)$/, "");
const keys = (tree: object) => [...new Set(flat(tree).map(([key]) => singular(key)))].sort();
const placeholders = (text: string) => [...text.matchAll(/{{\s*(\w+)/g)].map((found) => found[1]).sort();

test("everything is said in both languages", () => {
  expect(keys(vi)).toEqual(keys(en));
  for (const [key, text] of [...flat(vi), ...flat(en)]) expect(text.trim(), key).not.toBe("");
});

test("both languages fill in the same values", () => {
  const english = new Map(flat(en).map(([key, text]) => [singular(key), text]));
  for (const [key, text] of flat(vi)) {
    expect(placeholders(text), key).toEqual(placeholders(english.get(singular(key)) ?? ""));
  }
});

test("Vietnamese texts are not left in English", () => {
  const english = new Map(flat(en).map(([key, text]) => [singular(key), text]));
  // Names, units and words that are the same in both.
  const same =
    /^(Taimat|Camera|English|Tiếng Việt|[^\p{L}]*|.*(Zalo|Telegram|Webhook|MQTT|URL|CSV|XLSX|RTSP|TCP|UDP|GPS|e-?mail|fps|kbit).*)$/iu;
  const left = flat(vi).filter(([key, text]) => text === english.get(singular(key)) && !same.test(text));
  expect(left).toEqual([]);
});
