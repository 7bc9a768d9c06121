import { Button, Code, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { NothingHere } from "../components/states";

export function NotFound() {
  const { t } = useTranslation();
  return <NothingHere title={t("state.notFound")} hint={t("state.notFoundHint")} />;
}

/** A page that failed while it was drawn. */
export function Broken({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <Stack p="xl" maw={640} role="alert">
      <Title order={1} size="h3">
        {t("state.broken")}
      </Title>
      <Text>{t("state.brokenHint")}</Text>
      <Button w="fit-content" onClick={() => window.location.reload()}>
        {t("do.reload")}
      </Button>
      <Code block>{error instanceof Error ? (error.stack ?? error.message) : String(error)}</Code>
    </Stack>
  );
}
