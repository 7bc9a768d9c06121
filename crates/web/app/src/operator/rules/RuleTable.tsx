import { Switch, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { useCameraById } from "../../components/pick";
import { LinkAnchor } from "../links";
import { SaveTrouble } from "../SaveTrouble";
import { isMakeable } from "./draft";
import { SeverityBadge } from "./SeverityBadge";
import { useRuleWords } from "./words";

/** A rule as it is changed: without what the server added to it. */
export function specOf(rule: Schemas["Rule"]): Schemas["RuleSpec"] {
  const { id: _id, place_id: _place, created_at: _at, version: _version, ...spec } = rule;
  return spec;
}

/** Rules in words, each with its switch. */
export function RuleTable({ rules }: { rules: Schemas["Rule"][] }) {
  const { t } = useTranslation(["operator", "common"]);
  const may = useMay();
  const words = useRuleWords();
  const cameras = useCameraById();
  const change = api.useMutation("put", "/api/v1/rules/{rule_id}", {
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/rules"] }),
  });
  const flip = (rule: Schemas["Rule"], enabled: boolean) =>
    change.mutate({
      params: { path: { rule_id: rule.id }, query: { version: rule.version } },
      body: { ...specOf(rule), enabled },
    });
  const about = (rule: Schemas["Rule"]) => {
    const named = rule.cameras ?? [];
    const [first] = named;
    const what = rule.classes?.length
      ? rule.classes.map((one) => t(`common:class.${one}`)).join(", ")
      : t("rules.everything");
    const where =
      named.length === 0
        ? t("rules.allCameras")
        : named.length === 1 && first
          ? (cameras.get(first)?.name ?? t("rules.cameraCount", { count: 1 }))
          : t("rules.cameraCount", { count: named.length });
    return `${what} · ${where}`;
  };
  return (
    <>
      <SaveTrouble error={change.error} />
      <Table.ScrollContainer minWidth={600}>
        <Table verticalSpacing="xs" layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="27%">{t("rules.name")}</Table.Th>
              <Table.Th w={110}>{t("rules.severity")}</Table.Th>
              <Table.Th>{t("rules.what")}</Table.Th>
              <Table.Th w="18%">{t("rules.schedule")}</Table.Th>
              <Table.Th w={84}>{t("rules.on")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rules.map((rule) => {
              const mine = may("manage_rules", rule.place_id) && isMakeable(rule.condition.type);
              return (
                <Table.Tr key={rule.id}>
                  <Table.Td>
                    {mine ? (
                      <LinkAnchor to="/rules/$ruleId" params={{ ruleId: rule.id }} fw={600}>
                        {rule.name}
                      </LinkAnchor>
                    ) : (
                      rule.name
                    )}
                  </Table.Td>
                  <Table.Td>
                    <SeverityBadge severity={rule.severity} />
                  </Table.Td>
                  <Table.Td>
                    <Text size="sm">{words.condition(rule.condition)}</Text>
                    <Text size="sm" c="dimmed">
                      {about(rule)}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <Text size="sm">{words.schedule(rule.schedule)}</Text>
                  </Table.Td>
                  <Table.Td>
                    {mine ? (
                      <Switch
                        aria-label={t("rules.onFor", { name: rule.name })}
                        checked={rule.enabled ?? true}
                        disabled={change.isPending}
                        onChange={(event) => flip(rule, event.currentTarget.checked)}
                      />
                    ) : (
                      <Text size="sm">{t((rule.enabled ?? true) ? "rules.on" : "common:state.off")}</Text>
                    )}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
