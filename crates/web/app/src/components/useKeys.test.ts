import { expect, test } from "vitest";
import { keyName } from "./useKeys";

test("a key is what is printed on it, whatever an input method makes of it", () => {
  expect(keyName({ key: "Process", code: "KeyX", shiftKey: false })).toBe("x");
  expect(keyName({ key: "ă", code: "Digit1", shiftKey: false })).toBe("1");
  expect(keyName({ key: "T", code: "KeyT", shiftKey: false })).toBe("t");
  expect(keyName({ key: "?", code: "Slash", shiftKey: true })).toBe("?");
  expect(keyName({ key: "Enter", code: "NumpadEnter", shiftKey: false })).toBe("Enter");
});
