import {
  Button,
  Fieldset,
  Group,
  PasswordInput,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { PlaceSelect } from "../../components/pick";
import { confirmRemoval } from "../confirm";
import { SaveTrouble } from "../SaveTrouble";
import { BAD, BAD_TEXT } from "../tones";
import { useSaved } from "../useSaved";
import { emptySettings, isComplete, KINDS, type Kind, SECRETS, type Settings } from "./kinds";
import { RoutingFields } from "./RoutingFields";
import { SettingsFields } from "./SettingsFields";

/** A channel: where it leads, its secrets, and what goes out on it. */
export function ChannelForm({ channel }: { channel?: Schemas["Channel"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const saved = useSaved("/api/v1/channels");
  const add = api.useMutation("post", "/api/v1/channels");
  const change = api.useMutation("patch", "/api/v1/channels/{channel_id}");
  const remove = api.useMutation("delete", "/api/v1/channels/{channel_id}");
  const form = useForm({
    initialValues: {
      place_id: channel?.place_id ?? "",
      name: channel?.name ?? "",
      settings: channel?.settings ?? emptySettings("zalo"),
      credentials: {} as Record<string, string>,
      routing: channel?.routing ?? ({ least_severity: "alert" } as Schemas["Routing"]),
      language: channel?.language ?? ("vi" as Schemas["Language"]),
      allow_pictures: channel?.allow_pictures ?? false,
      enabled: channel?.enabled ?? true,
    },
    validate: {
      place_id: (place) => (place ? null : t("rule.placeNeeded")),
      name: (name) => (name.trim() ? null : t("bells.needed")),
      settings: (settings: Settings) =>
        isComplete(settings)
          ? null
          : settings.type === "web_push" && !settings.endpoint
            ? t("channels.pushNeeded")
            : settings.type === "webhook" && settings.url
              ? t("channels.url")
              : t("bells.needed"),
    },
  });
  const { settings, credentials } = form.values;
  const kind = settings.type;
  const secrets = SECRETS[kind];
  const submit = form.onSubmit(({ place_id, credentials, ...spec }) => {
    const given = Object.fromEntries(Object.entries(credentials).filter(([, secret]) => secret));
    if (channel)
      change.mutate(
        {
          params: { path: { channel_id: channel.id } },
          body: {
            ...spec,
            version: channel.version,
            ...(Object.keys(given).length > 0 && { credentials: given }),
          },
        },
        saved,
      );
    else add.mutate({ body: { place_id, channel: spec, credentials: given } }, saved);
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Group grow align="flex-start">
          <Select
            label={t("channels.kind")}
            allowDeselect={false}
            disabled={Boolean(channel)}
            data={KINDS.map((one) => ({ value: one, label: t(`channels.kinds.${one}`) }))}
            value={kind}
            onChange={(next) => form.setValues({ settings: emptySettings(next as Kind), credentials: {} })}
          />
          <TextInput label={t("channels.name")} data-autofocus {...form.getInputProps("name")} />
        </Group>
        <PlaceSelect
          action="manage_channels"
          description={t("rule.placeHint")}
          allowDeselect={false}
          disabled={Boolean(channel)}
          {...form.getInputProps("place_id")}
        />
        <SettingsFields
          value={settings}
          onChange={(next) => form.setFieldValue("settings", next)}
          onSecrets={(given) => form.setFieldValue("credentials", given)}
        />
        {form.errors.settings && (
          <Text size="sm" c={BAD_TEXT} role="alert">
            {form.errors.settings}
          </Text>
        )}
        {secrets.must.length + secrets.may.length > 0 && (
          <Fieldset legend={t("channels.secrets")}>
            {channel?.has_secrets && (
              <Text size="sm" mb="xs">
                {t("channels.secretsStored")}
              </Text>
            )}
            <Group grow align="flex-end">
              {[...secrets.must, ...secrets.may].map((name) => (
                <PasswordInput
                  key={name}
                  label={t(`channels.secret.${name}`)}
                  autoComplete="new-password"
                  required={!channel && secrets.must.includes(name)}
                  value={credentials[name] ?? ""}
                  onChange={(event) =>
                    form.setFieldValue("credentials", { ...credentials, [name]: event.currentTarget.value })
                  }
                />
              ))}
            </Group>
          </Fieldset>
        )}
        <RoutingFields
          value={form.values.routing}
          onChange={(routing) => form.setFieldValue("routing", routing)}
        />
        <Group>
          <Select
            label={t("channels.language")}
            allowDeselect={false}
            data={[
              { value: "vi", label: t("common:language.vi") },
              { value: "en", label: t("common:language.en") },
            ]}
            {...form.getInputProps("language")}
          />
          <Switch
            label={t("channels.pictures")}
            description={t("channels.picturesHint")}
            {...form.getInputProps("allow_pictures", { type: "checkbox" })}
          />
          <Switch label={t("channels.enabled")} {...form.getInputProps("enabled", { type: "checkbox" })} />
        </Group>
        <SaveTrouble error={add.error ?? change.error ?? remove.error} />
        <Group justify="space-between">
          <Button type="submit" loading={add.isPending || change.isPending}>
            {t("common:do.save")}
          </Button>
          {channel && (
            <Button
              variant="outline"
              color={BAD}
              onClick={() =>
                confirmRemoval(channel.name, t("channels.removeWhat"), () =>
                  remove.mutate(
                    {
                      params: { path: { channel_id: channel.id }, query: { version: channel.version } },
                    },
                    saved,
                  ),
                )
              }
            >
              {t("common:do.remove")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
