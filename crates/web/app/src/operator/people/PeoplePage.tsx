import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Page } from "../../components/Page";
import { Tokens } from "./Tokens";
import { Users } from "./Users";

/** Who may sign in, what they may do and where; and one's own tokens. */
export function PeoplePage() {
  const { t } = useTranslation("operator");
  const { tab = "users" } = useSearch({ from: "/people" });
  const navigate = useNavigate({ from: "/people" });
  return (
    <Page title={t("people.title")} hint={t("people.hint")} needs="manage_people">
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) =>
          void navigate({ search: { tab: next === "tokens" ? next : undefined }, replace: true })
        }
      >
        <Tabs.List mb="md" aria-label={t("people.title")}>
          <Tabs.Tab value="users">{t("people.tabs.users")}</Tabs.Tab>
          <Tabs.Tab value="tokens">{t("people.tabs.tokens")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="users">
          <Users />
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <Tokens />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
