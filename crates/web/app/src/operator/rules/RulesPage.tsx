import { Tabs } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Page } from "../../components/Page";
import { LinkButton } from "../links";
import { Presets } from "./Presets";
import { RuleList } from "./RuleList";

/** What is flagged, where and when; and ready-made sets of rules. */
export function RulesPage() {
  const { t } = useTranslation("operator");
  const { tab = "list" } = useSearch({ from: "/rules" });
  const navigate = useNavigate({ from: "/rules" });
  return (
    <Page
      title={t("rules.title")}
      hint={t("rules.hint")}
      needs="manage_rules"
      actions={
        <LinkButton to="/rules/new" leftSection={<IconPlus size={18} aria-hidden />}>
          {t("rules.add")}
        </LinkButton>
      }
    >
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) =>
          void navigate({
            search: (old) => ({ ...old, tab: next === "presets" ? next : undefined }),
            replace: true,
          })
        }
      >
        <Tabs.List mb="md" aria-label={t("rules.title")}>
          <Tabs.Tab value="list">{t("rules.tabs.list")}</Tabs.Tab>
          <Tabs.Tab value="presets">{t("rules.tabs.presets")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="list">
          <RuleList />
        </Tabs.Panel>
        <Tabs.Panel value="presets">
          <Presets />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
