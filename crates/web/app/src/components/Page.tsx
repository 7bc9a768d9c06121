import { Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Action } from "../api/session";
import { Needs } from "./states";

interface Props {
  title: string;
  hint?: ReactNode;
  /** The right without which the page shows nothing. */
  needs: Action;
  /** Buttons beside the title. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of a page: its title, what can be done, and its right. */
export function Page({ title, hint, needs, actions, children }: Props) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} – ${t("app.name")}`;
  }, [title, t]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1} size="h2">
            {title}
          </Title>
          {hint && (
            <Text c="dimmed" size="sm">
              {hint}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      <Needs action={needs}>{children}</Needs>
    </Stack>
  );
}
