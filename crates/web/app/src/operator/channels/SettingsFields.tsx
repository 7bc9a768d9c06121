import { Alert, Button, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FieldError } from "../FieldError";
import { Row } from "../Row";
import type { ChannelFormed, useChannelFields } from "./draft";
import { canPush, subscribe } from "./subscribe";

interface Props {
  form: ChannelFormed;
  fields: ReturnType<typeof useChannelFields>;
}

/** Where a channel of a kind leads. */
export function SettingsFields({ form, fields }: Props) {
  const { t } = useTranslation("operator");
  const value = form.values.settings;
  const about = (name: keyof typeof fields) => ({ label: fields[name].label, ...form.getInputProps(name) });
  const text = (name: keyof typeof fields) => <TextInput spellCheck={false} {...about(name)} />;
  const port = <NumberInput min={1} max={65_535} hideControls {...about("settings.port")} />;
  switch (value.type) {
    case "webhook":
      return text("settings.url");
    case "telegram":
      return text("settings.chat_id");
    case "zalo": {
      const { recipient } = value;
      const id = recipient.type === "group" ? recipient.group_id : recipient.user_id;
      return (
        <>
          <Row>
            {text("settings.app_id")}
            {text("settings.oa_id")}
          </Row>
          <Row>
            <Select
              label={t("channels.field.recipient")}
              allowDeselect={false}
              data={(["group", "user"] as const).map((one) => ({
                value: one,
                label: t(`channels.recipients.${one}`),
              }))}
              value={recipient.type}
              onChange={(type) =>
                form.setFieldValue(
                  "settings.recipient",
                  type === "group" ? { type, group_id: id } : { type: "user", user_id: id },
                )
              }
            />
            {text(recipient.type === "group" ? "settings.recipient.group_id" : "settings.recipient.user_id")}
          </Row>
        </>
      );
    }
    case "email":
      return (
        <>
          <Row>
            {text("settings.host")}
            {port}
            <Select
              label={t("channels.field.security")}
              allowDeselect={false}
              data={(["tls", "start_tls", "none"] as const).map((one) => ({
                value: one,
                label: t(`channels.securities.${one}`),
              }))}
              {...form.getInputProps("settings.security")}
              value={value.security ?? "tls"}
            />
          </Row>
          {text("settings.from")}
          <Textarea
            autosize
            minRows={2}
            {...about("settings.to")}
            value={value.to.join("\n")}
            onChange={(event) =>
              form.setFieldValue(
                "settings.to",
                event.currentTarget.value.split("\n").map((line) => line.trim()),
              )
            }
            onBlur={() => form.setFieldValue("settings.to", value.to.filter(Boolean))}
          />
        </>
      );
    case "mqtt":
      return (
        <>
          <Row>
            {text("settings.host")}
            {port}
          </Row>
          <Row>
            {text("settings.prefix")}
            {text("settings.discovery_prefix")}
          </Row>
        </>
      );
    case "web_push":
      return (
        <>
          {text("settings.subject")}
          <Subscribe form={form} />
        </>
      );
  }
}

/** Makes this browser the one that is written to. */
function Subscribe({ form }: { form: ChannelFormed }) {
  const { t } = useTranslation("operator");
  const [refused, setRefused] = useState(false);
  const { settings } = form.values;
  const enroll = async () => {
    setRefused(false);
    try {
      const { endpoint, p256dh, ...credentials } = await subscribe();
      form.setValues((old) => ({
        settings: { ...old.settings, endpoint, p256dh } as typeof settings,
        credentials,
      }));
      form.clearFieldError("settings.endpoint");
    } catch {
      setRefused(true);
    }
  };
  return (
    <>
      {canPush() ? (
        <Button variant="light" w="fit-content" onClick={() => void enroll()}>
          {t("channels.subscribe")}
        </Button>
      ) : (
        <Alert color="yellow">{t("channels.noPush")}</Alert>
      )}
      <FieldError of={form.errors["settings.endpoint"]} />
      <div role="status">
        {settings.type === "web_push" && settings.endpoint && (
          <Alert color="teal.9" variant="outline">
            {t("channels.subscribed")}
          </Alert>
        )}
        {refused && <Alert color="red">{t("channels.subscribeFailed")}</Alert>}
      </div>
    </>
  );
}
