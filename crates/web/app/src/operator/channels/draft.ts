import type { UseFormReturnType } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { emptySettings, type Settings } from "./kinds";

/** A channel as it is filled in. Secrets are entered and never shown. */
export const draftOf = (channel?: Schemas["Channel"]) => ({
  place_id: channel?.place_id ?? "",
  name: channel?.name ?? "",
  settings: channel?.settings ?? (emptySettings("zalo") as Settings),
  credentials: {} as Record<string, string>,
  routing: channel?.routing ?? ({ least_severity: "alert" } as Schemas["Routing"]),
  language: channel?.language ?? ("vi" as Schemas["Language"]),
  allow_pictures: channel?.allow_pictures ?? false,
  enabled: channel?.enabled ?? true,
});

export type ChannelFormed = UseFormReturnType<ReturnType<typeof draftOf>>;

/** What the fields of a channel are called, and what would be right in them. */
export function useChannelFields() {
  const { t } = useTranslation(["operator", "common"]);
  const plain = t("right.plain");
  return {
    place_id: { label: t("common:place.label"), right: t("rule.placeNeeded") },
    name: { label: t("channels.name"), right: t("right.name"), value: String },
    settings: { label: t("channels.to") },
    credentials: { label: t("channels.secrets"), right: t("channels.secretsAnew") },
    routing: { label: t("channels.what") },
    language: { label: t("channels.language") },
    allow_pictures: { label: t("channels.pictures") },
    enabled: { label: t("channels.enabled") },
    "settings.url": { label: t("channels.field.url"), right: t("right.url") },
    "settings.app_id": { label: t("channels.field.app_id"), right: plain },
    "settings.oa_id": { label: t("channels.field.oa_id"), right: plain },
    "settings.recipient.group_id": { label: t("channels.field.recipient_id"), right: plain },
    "settings.recipient.user_id": { label: t("channels.field.recipient_id"), right: plain },
    "settings.chat_id": { label: t("channels.field.chat_id"), right: plain },
    "settings.host": { label: t("channels.field.host"), right: plain },
    "settings.port": { label: t("channels.field.port"), right: t("right.whole", { from: 1, to: 65_535 }) },
    "settings.from": { label: t("channels.field.from"), right: t("right.mail") },
    "settings.to": { label: t("channels.field.to"), right: t("right.mail") },
    "settings.prefix": { label: t("channels.field.prefix"), right: t("right.prefix") },
    "settings.discovery_prefix": { label: t("channels.field.discovery_prefix"), right: t("right.prefix") },
    "settings.subject": { label: t("channels.field.subject"), right: t("right.contact") },
    "settings.endpoint": { label: t("channels.subscribe"), right: t("channels.pushNeeded") },
    "routing.digest_minutes": { label: t("channels.digest"), right: t("right.whole", { from: 1, to: 1440 }) },
    "routing.quiet": { label: t("channels.quiet"), right: t("right.schedule") },
  };
}
