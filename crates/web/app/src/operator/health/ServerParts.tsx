import { Code, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { Problem } from "../../api/problem";
import { Answer } from "../../components/states";
import { language } from "../../i18n";

const KNOWN = ["database", "disk", "worker"] as const;

/** Whether all parts of the server work. A part that does not makes the answer a 503, with the same body. */
async function readiness(): Promise<Schemas["Readiness"]> {
  const answer = await fetch("/readyz").catch((error) => {
    throw Problem.unreachable(error);
  });
  if (answer.status !== 200 && answer.status !== 503) throw await Problem.of(answer);
  return (await answer.json()) as Schemas["Readiness"];
}

export function ServerParts() {
  const { t } = useTranslation(["operator", "common"]);
  const asked = useQuery({ queryKey: ["readyz"], queryFn: readiness, refetchInterval: 15_000 });
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="server" h="100%">
      <Title order={2} size="h4" id="server" mb="xs">
        {t("health.server")}
      </Title>
      <Answer of={asked}>
        {({ ready, checks }) => (
          <Stack gap="xs">
            <Text>{t(ready ? "health.allWell" : "health.notWell")}</Text>
            {checks.map((check) => {
              const part = KNOWN.find((name) => name === check.name) ?? "other";
              return (
                <div key={check.name}>
                  <Group gap="xs" wrap="nowrap">
                    {check.ok ? (
                      <IconCircleCheck size={20} color="var(--mantine-color-green-8)" aria-hidden />
                    ) : (
                      <IconAlertTriangle size={20} color="var(--mantine-color-red-8)" aria-hidden />
                    )}
                    <Text fw={600}>{t(`health.part.${part}`)}</Text>
                    <Text>{t(check.ok ? "health.partOk" : "health.partBad")}</Text>
                  </Group>
                  {!check.ok && <Text size="sm">{t(`health.partRemedy.${part}`)}</Text>}
                  {language() === "en" ? (
                    <Text size="sm">{check.detail}</Text>
                  ) : (
                    !check.ok && (
                      <details>
                        <summary>{t("common:state.details")}</summary>
                        <Code block lang="en">
                          {check.detail}
                        </Code>
                      </details>
                    )
                  )}
                </div>
              );
            })}
          </Stack>
        )}
      </Answer>
    </Paper>
  );
}
