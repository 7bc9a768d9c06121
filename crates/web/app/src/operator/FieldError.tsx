import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { BAD_TEXT } from "./tones";

/** What is wrong with something that is no single input, such as a place on a map. */
export function FieldError({ of }: { of: ReactNode }) {
  if (!of) return null;
  return (
    <Text size="sm" c={BAD_TEXT} role="alert">
      {of}
    </Text>
  );
}
