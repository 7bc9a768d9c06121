import { Alert, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: string;
  /** Whether it interrupts, rather than being told when there is time. */
  role?: "alert" | "status";
  children: ReactNode;
}

/** Something to be seen to. Its title is as dark as its text: the library's own is too faint on yellow. */
export function Notice({ title, role = "status", children }: Props) {
  return (
    <Alert color="yellow" role={role}>
      <Stack gap="xs">
        <Text fw={700}>{title}</Text>
        {children}
      </Stack>
    </Alert>
  );
}
