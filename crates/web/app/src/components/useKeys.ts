import { useEffect, useRef } from "react";

export type Keys = Record<string, (() => void) | undefined>;

/**
 * The name of a pressed key: a letter or digit as it is printed on the key even where a Vietnamese input method or layout
 * makes something else of it, otherwise what the browser calls it.
 */
export function keyName({ key, code, shiftKey }: Pick<KeyboardEvent, "key" | "code" | "shiftKey">): string {
  const printed = /^(?:Key([A-Z])|Digit(\d)|Numpad(\d))$/.exec(code);
  const name = printed?.[1]?.toLowerCase() ?? printed?.[2] ?? printed?.[3];
  return name && !shiftKey ? name : key.length === 1 ? key.toLowerCase() : key;
}

const TYPING = "input, textarea, select, [contenteditable], [role=slider], [role=listbox], [role=menu]";
/** What Enter and Space press by themselves; `data-keys` says that they belong to the page all the same. */
const PRESSED = "button, a, summary, [role=button], [role=option], [role=tab]";

/** Hears the keys of a page, but for those that are typed into a field or press what has the focus. */
export function useKeys(keys: Keys, on = true) {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!on) return;
    const hear = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const name = keyName(event);
      const act = latest.current[name];
      const at = event.target instanceof Element ? event.target : null;
      if (!act || at?.closest(TYPING) || document.querySelector("[aria-modal=true]")) return;
      if ((name === "Enter" || name === " ") && at?.closest(PRESSED)?.hasAttribute("data-keys") === false)
        return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", hear);
    return () => window.removeEventListener("keydown", hear);
  }, [on]);
}
