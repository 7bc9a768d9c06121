import { Alert, Button, Group, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Settings } from "./kinds";
import { canPush, subscribe } from "./subscribe";

interface Props {
  value: Settings;
  onChange: (value: Settings) => void;
  /** The secrets of this browser's subscription. */
  onSecrets: (secrets: Record<string, string>) => void;
}

/** Where a channel of a kind leads. */
export function SettingsFields({ value, onChange, onSecrets }: Props) {
  const { t } = useTranslation("operator");
  const [refused, setRefused] = useState(false);
  const text = (field: Parameters<typeof label>[0], current: string, set: (text: string) => Settings) => (
    <TextInput
      label={label(field)}
      value={current}
      spellCheck={false}
      onChange={(event) => onChange(set(event.currentTarget.value))}
    />
  );
  const label = (
    field:
      | "url"
      | "app_id"
      | "oa_id"
      | "recipient"
      | "recipient_id"
      | "chat_id"
      | "host"
      | "port"
      | "security"
      | "from"
      | "to"
      | "prefix"
      | "discovery_prefix"
      | "subject",
  ) => t(`channels.field.${field}`);
  switch (value.type) {
    case "webhook":
      return text("url", value.url, (url) => ({ ...value, url }));
    case "telegram":
      return text("chat_id", value.chat_id, (chat_id) => ({ ...value, chat_id }));
    case "zalo": {
      const { recipient } = value;
      const id = recipient.type === "group" ? recipient.group_id : recipient.user_id;
      const to = (type: "group" | "user", id: string): Settings => ({
        ...value,
        recipient: type === "group" ? { type, group_id: id } : { type, user_id: id },
      });
      return (
        <>
          <Group grow>
            {text("app_id", value.app_id, (app_id) => ({ ...value, app_id }))}
            {text("oa_id", value.oa_id ?? "", (oa_id) => ({ ...value, oa_id }))}
          </Group>
          <Group grow>
            <Select
              label={label("recipient")}
              allowDeselect={false}
              data={(["group", "user"] as const).map((one) => ({
                value: one,
                label: t(`channels.recipients.${one}`),
              }))}
              value={recipient.type}
              onChange={(type) => onChange(to(type as "group" | "user", id))}
            />
            {text("recipient_id", id, (next) => to(recipient.type, next))}
          </Group>
        </>
      );
    }
    case "email":
      return (
        <>
          <Group grow>
            {text("host", value.host, (host) => ({ ...value, host }))}
            <NumberInput
              label={label("port")}
              value={value.port}
              min={1}
              max={65_535}
              onChange={(port) => onChange({ ...value, port: Number(port) })}
            />
            <Select
              label={label("security")}
              allowDeselect={false}
              data={(["tls", "start_tls", "none"] as const).map((one) => ({
                value: one,
                label: t(`channels.securities.${one}`),
              }))}
              value={value.security ?? "tls"}
              onChange={(security) => onChange({ ...value, security: security as typeof value.security })}
            />
          </Group>
          {text("from", value.from, (from) => ({ ...value, from }))}
          <Textarea
            label={label("to")}
            autosize
            minRows={2}
            value={value.to.join("\n")}
            onChange={(event) =>
              onChange({ ...value, to: event.currentTarget.value.split("\n").map((line) => line.trim()) })
            }
            onBlur={() => onChange({ ...value, to: value.to.filter(Boolean) })}
          />
        </>
      );
    case "mqtt":
      return (
        <>
          <Group grow>
            {text("host", value.host, (host) => ({ ...value, host }))}
            <NumberInput
              label={label("port")}
              value={value.port ?? 1883}
              min={1}
              max={65_535}
              onChange={(port) => onChange({ ...value, port: Number(port) })}
            />
          </Group>
          <Group grow>
            {text("prefix", value.prefix ?? "", (prefix) => ({ ...value, prefix }))}
            {text("discovery_prefix", value.discovery_prefix ?? "", (discovery_prefix) => ({
              ...value,
              discovery_prefix,
            }))}
          </Group>
        </>
      );
    case "web_push": {
      const enroll = async () => {
        setRefused(false);
        try {
          const { endpoint, p256dh, ...secrets } = await subscribe();
          onChange({ ...value, endpoint, p256dh });
          onSecrets(secrets);
        } catch {
          setRefused(true);
        }
      };
      return (
        <>
          {text("subject", value.subject, (subject) => ({ ...value, subject }))}
          {canPush() ? (
            <Button variant="light" w="fit-content" onClick={() => void enroll()}>
              {t("channels.subscribe")}
            </Button>
          ) : (
            <Alert color="yellow">{t("channels.noPush")}</Alert>
          )}
          <div role="status">
            {value.endpoint && (
              <Alert color="teal.9" variant="outline">
                {t("channels.subscribed")}
              </Alert>
            )}
            {refused && <Alert color="red">{t("channels.subscribeFailed")}</Alert>}
          </div>
        </>
      );
    }
  }
}
