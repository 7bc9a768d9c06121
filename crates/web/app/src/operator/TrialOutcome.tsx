import { Alert, Button, Code, Group, List, Loader, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconVideo } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { NothingHere } from "../components/states";
import { said } from "../i18n";
import { CameraTrouble } from "./CameraTrouble";
import { Streams } from "./Streams";
import type { Outcome } from "./trial";

/** What a trial brought, in plain words. */
export function TrialOutcome({ outcome, onStop }: { outcome: Outcome; onStop: () => void }) {
  const { t } = useTranslation("operator");
  switch (outcome.is) {
    case "none":
      return (
        <NothingHere
          icon={<IconVideo size={44} stroke={1.2} aria-hidden />}
          title={t("add.step2")}
          hint={t("add.nothingYet")}
        />
      );
    case "running":
      return (
        <Group role="status" p="md">
          <Loader size="sm" />
          <Text>{t("add.finding")}</Text>
          <Button variant="default" size="compact-sm" onClick={onStop}>
            {t("add.stop")}
          </Button>
        </Group>
      );
    case "failed":
      return <CameraTrouble error={outcome.problem} />;
    case "nothing":
      return (
        <Stack>
          <Alert color="red" role="alert" title={t("add.noneFits")}>
            {outcome.found.brand && t("add.brand", { brand: outcome.found.brand })}
          </Alert>
          <About found={outcome.found} />
        </Stack>
      );
    case "works":
      return (
        <Stack>
          <Alert
            color="teal.9"
            variant="outline"
            role="status"
            icon={<IconCircleCheck aria-hidden />}
            title={t("add.works")}
          >
            {outcome.found?.brand && t("add.brand", { brand: outcome.found.brand })}
          </Alert>
          <Streams streams={outcome.streams} />
          {outcome.found && <About found={outcome.found} />}
        </Stack>
      );
  }
}

function About({ found }: { found: Schemas["FindReport"] }) {
  const { t } = useTranslation("operator");
  return (
    <>
      {found.advice.length > 0 && (
        <List size="sm">
          {found.advice.map((words) => (
            <List.Item key={words.en}>{said(words)}</List.Item>
          ))}
        </List>
      )}
      {found.tried.length > 0 && (
        <details>
          <summary>{t("add.tried")}</summary>
          <List size="sm">
            {found.tried.map(({ path, failure }) => (
              <List.Item key={path}>
                <Code>{path}</Code> {failure ? t(`failure.${failure}`) : t("add.ok")}
              </List.Item>
            ))}
          </List>
        </details>
      )}
    </>
  );
}
