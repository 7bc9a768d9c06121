import { SimpleGrid } from "@mantine/core";
import { Children, type ReactNode } from "react";

/** Fields side by side, and on a phone one below the other. */
export function Row({ children }: { children: ReactNode }) {
  return (
    <SimpleGrid cols={{ base: 1, xs: Children.toArray(children).length }} verticalSpacing="sm">
      {children}
    </SimpleGrid>
  );
}
