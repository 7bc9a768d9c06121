import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Page } from "../../components/Page";
import { ChannelList } from "./ChannelList";
import { Deliveries } from "./Deliveries";

/** Where warnings go out, and what went out. */
export function ChannelsPage() {
  const { t } = useTranslation("operator");
  const { tab = "channels" } = useSearch({ from: "/channels" });
  const navigate = useNavigate({ from: "/channels" });
  return (
    <Page title={t("channels.title")} hint={t("channels.hint")} needs="manage_channels">
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) =>
          void navigate({ search: { tab: next === "deliveries" ? next : undefined }, replace: true })
        }
      >
        <Tabs.List mb="md" aria-label={t("channels.title")}>
          <Tabs.Tab value="channels">{t("channels.tabs.channels")}</Tabs.Tab>
          <Tabs.Tab value="deliveries">{t("channels.tabs.deliveries")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="channels">
          <ChannelList />
        </Tabs.Panel>
        <Tabs.Panel value="deliveries">
          <Deliveries />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
