import { Group, List, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { Answer } from "../../components/states";
import { said } from "../../i18n";
import { DialogButton } from "../DialogButton";
import { ApplyPreset } from "./ApplyPreset";
import { SeverityBadge } from "./SeverityBadge";
import { useRuleWords } from "./words";

/** Ready-made sets of rules, and what is in them. */
export function Presets() {
  const { t } = useTranslation("operator");
  const words = useRuleWords();
  const asked = api.useQuery("get", "/api/v1/rule-presets");
  return (
    <Answer of={asked}>
      {({ items }) => (
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          {items.map((preset) => (
            <Paper key={preset.name} withBorder p="md" component="section">
              <Stack gap="xs" h="100%">
                <Group justify="space-between" wrap="nowrap" align="flex-start">
                  <div>
                    <Title order={2} size="h5">
                      {said(preset.title)}
                    </Title>
                    <Text size="sm">{said(preset.purpose)}</Text>
                  </div>
                  <DialogButton
                    variant="light"
                    flex="none"
                    label={t("rules.apply")}
                    name={t("rules.applyTo", { name: said(preset.title) })}
                    title={t("rules.applyTo", { name: said(preset.title) })}
                  >
                    <ApplyPreset preset={preset.name} />
                  </DialogButton>
                </Group>
                <List spacing={6} listStyleType="none">
                  {preset.rules.map((rule) => (
                    <List.Item key={rule.name}>
                      <Group gap="xs" wrap="nowrap" align="flex-start">
                        <SeverityBadge severity={rule.severity} />
                        <div>
                          <Text size="sm" fw={600}>
                            {rule.name}
                            {rule.enabled === false && ` (${t("rules.offAtFirst")})`}
                          </Text>
                          <Text size="sm">
                            {words.condition(rule.condition)} · {words.schedule(rule.schedule)}
                          </Text>
                        </div>
                      </Group>
                    </List.Item>
                  ))}
                </List>
              </Stack>
            </Paper>
          ))}
        </SimpleGrid>
      )}
    </Answer>
  );
}
