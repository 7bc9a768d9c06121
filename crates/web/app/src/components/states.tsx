import { Alert, Button, Center, Code, Loader, Stack, Text, Title } from "@mantine/core";
import { IconLock, IconMoodEmpty } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../api/problem";
import { type Action, useMay } from "../api/session";

/** Something is on its way. */
export function Loading() {
  const { t } = useTranslation();
  return (
    <Center mih={160} role="status">
      <Stack align="center" gap="xs">
        <Loader />
        <Text size="sm" c="dimmed">
          {t("state.loading")}
        </Text>
      </Stack>
    </Center>
  );
}

/** Nothing to show, and what to do about it. */
export function NothingHere({
  title,
  hint,
  icon,
  children,
}: {
  title: string;
  hint?: string;
  icon?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <Center mih={240} p="md">
      <Stack align="center" gap="xs" maw={480} ta="center">
        {icon ?? <IconMoodEmpty size={44} stroke={1.2} aria-hidden />}
        <Title order={2} size="h4">
          {title}
        </Title>
        {hint && <Text c="dimmed">{hint}</Text>}
        {children}
      </Stack>
    </Center>
  );
}

/** Shows its children to who may, and says so to who may not. */
export function Needs({ action, children }: { action: Action; children: ReactNode }) {
  const { t } = useTranslation();
  const may = useMay();
  if (may(action)) return children;
  return (
    <NothingHere
      icon={<IconLock size={44} stroke={1.2} aria-hidden />}
      title={t("state.noRight")}
      hint={t("state.noRightHint")}
    />
  );
}

/** What is wrong, in the reader's language; the server's own words are for who mends it. */
export function ProblemAlert({ problem }: { problem: unknown }) {
  const { t, i18n } = useTranslation();
  const known = asProblem(problem);
  const { field, detail, remedy } = known.body;
  const key = `problem.${known.code}`;
  const words = i18n.exists(key)
    ? t(key as "problem.internal", { field: field ?? "" })
    : t("problem.internal");
  const technical = [known.code, field, detail, remedy].filter(Boolean).join(" · ");
  return (
    <Alert color="red" role="alert">
      <Text>{words}</Text>
      {technical && (
        <details>
          <summary>{t("state.details")}</summary>
          <Code block lang="en">
            {technical}
          </Code>
        </details>
      )}
    </Alert>
  );
}

/** A whole part of a page that could not be loaded. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack p="md" maw={560} mx="auto">
      <Title order={2} size="h4">
        {t("state.failed")}
      </Title>
      <ProblemAlert problem={error} />
      {retry && (
        <Button w="fit-content" onClick={retry}>
          {t("do.retry")}
        </Button>
      )}
    </Stack>
  );
}

interface Asked<T> {
  data: T | undefined;
  isPending: boolean;
  error: unknown;
  refetch: () => unknown;
}

/** What a query brings, once it is there; until then and otherwise, what is the matter. */
export function Answer<T>({ of, children }: { of: Asked<T>; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return children(of.data);
  if (of.isPending) return <Loading />;
  return <Failed error={of.error} retry={() => void of.refetch()} />;
}
