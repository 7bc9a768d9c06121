import { Button, type ButtonProps, Kbd } from "@mantine/core";
import type { ComponentProps } from "react";

/** A button that shows the key that does the same. */
export function KeyButton({
  keys,
  children,
  ...button
}: ButtonProps & ComponentProps<"button"> & { keys: string }) {
  return (
    <Button
      {...button}
      aria-keyshortcuts={keys}
      rightSection={
        <Kbd size="xs" visibleFrom="sm" aria-hidden>
          {keys}
        </Kbd>
      }
    >
      {children}
    </Button>
  );
}
