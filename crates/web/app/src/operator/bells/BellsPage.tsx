import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Page } from "../../components/Page";
import { BellList } from "./BellList";
import { Rings } from "./Rings";
import { SounderList } from "./SounderList";

export const BELL_TABS = ["bells", "sounders", "rings"] as const;
export type BellTab = (typeof BELL_TABS)[number];
const PARTS = { bells: BellList, sounders: SounderList, rings: Rings };

/** Alarm bells, what can be rung, and what was rung. */
export function BellsPage() {
  const { t } = useTranslation("operator");
  const { tab = "bells" } = useSearch({ from: "/bells" });
  const navigate = useNavigate({ from: "/bells" });
  return (
    <Page title={t("bells.title")} hint={t("bells.hint")} needs="view">
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => void navigate({ search: { tab: next as BellTab }, replace: true })}
      >
        <Tabs.List mb="md" aria-label={t("bells.title")}>
          {BELL_TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`bells.tabs.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {BELL_TABS.map((one) => {
          const Part = PARTS[one];
          return (
            <Tabs.Panel key={one} value={one}>
              <Part />
            </Tabs.Panel>
          );
        })}
      </Tabs>
    </Page>
  );
}
