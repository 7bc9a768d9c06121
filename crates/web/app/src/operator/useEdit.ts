import type { UseFormReturnType } from "@mantine/form";
import { useState } from "react";
import type { Fields } from "./fields";

/** What a form was filled from, and what somebody else has made of it since. */
export interface Edit {
  /** What a change has to present. */
  version: number;
  /** What differs in the version that somebody else stored; empty where there is none. */
  differs: string[];
  /** Goes on from that version; `mine` keeps what was typed, and takes over the rest. */
  goOn: (mine: boolean) => void;
}

/**
 * A form of something that others may change meanwhile. What is typed stays when another version arrives: whether it
 * is taken over is asked. `now` is the thing as it is stored.
 */
export function useEdit<V extends object, T extends { version: number }>(
  form: UseFormReturnType<V>,
  now: T | undefined,
  valuesOf: (thing: T) => V,
  fields: Fields & Record<keyof V, { label: string }>,
) {
  const [base, setBase] = useState(now);
  const newer = now && base && now.version > base.version ? now : undefined;
  const [was, is, typed] = [base && valuesOf(base), newer && valuesOf(newer), form.getValues()];
  // What somebody else changed to what is typed here does not differ: one's own change, seen again, for one.
  const changed =
    was && is
      ? (Object.keys(is) as (keyof V & string)[]).filter(
          (name) => !same(was[name], is[name]) && !same(typed[name], is[name]),
        )
      : [];

  /** Fills the form from a version; what was typed into the `kept` fields stays. */
  const fill = (thing: T, kept: Partial<V> = {}) => {
    const values = valuesOf(thing);
    form.setInitialValues(values);
    form.resetDirty(values);
    form.setValues({ ...values, ...kept });
    setBase(thing);
  };
  const edit: Edit = {
    // Where nothing differs that the form shows, there is nothing to ask.
    version: (changed.length > 0 ? base : now)?.version ?? 0,
    differs: changed.map((name) => {
      const { label, value } = fields[name] as Fields[string];
      return value ? `${label} (${value(is?.[name] as never)})` : label;
    }),
    goOn: (mine) => {
      if (!newer) return;
      const kept = Object.entries(typed).filter(([name]) => mine && form.isDirty(name as never));
      fill(newer, Object.fromEntries(kept) as Partial<V>);
    },
  };
  return { edit, fill };
}

const text = (value: unknown) => JSON.stringify(typeof value === "string" ? value.trim() : value);
const same = (one: unknown, other: unknown) => text(one) === text(other);
