import {
  Button,
  Fieldset,
  Group,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { PlaceSelect } from "../../components/pick";
import { FieldError } from "../FieldError";
import { isWebAddress, refuse, showRefused } from "../fields";
import { RemoveButton } from "../RemoveButton";
import { Row } from "../Row";
import { SaveTrouble } from "../SaveTrouble";
import { useEdit } from "../useEdit";
import { useSaved } from "../useSaved";
import { type ChannelFormed, draftOf, useChannelFields } from "./draft";
import { emptySettings, KINDS, type Kind, missing, missingSecrets, SECRETS } from "./kinds";
import { RoutingFields } from "./RoutingFields";
import { SettingsFields } from "./SettingsFields";

/** A channel: where it leads, its secrets, and what goes out on it. */
export function ChannelForm({ channel }: { channel?: Schemas["Channel"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const add = api.useMutation("post", "/api/v1/channels");
  const change = api.useMutation("patch", "/api/v1/channels/{channel_id}");
  const remove = api.useMutation("delete", "/api/v1/channels/{channel_id}");
  const fields = useChannelFields();
  const form: ChannelFormed = useForm({
    initialValues: draftOf(channel),
    validate: ({ place_id, name, settings, credentials }) => {
      const lacking = [
        ...missing(settings).map((path) => `settings.${path}`),
        ...missingSecrets(settings.type, credentials, Boolean(channel?.has_secrets)).map(
          (secret) => `credentials.${secret}`,
        ),
        ...(name.trim() ? [] : ["name"]),
      ];
      const errors: Record<string, string> = Object.fromEntries(
        lacking.map((path) => [path, t("bells.needed")]),
      );
      if (!place_id) errors.place_id = t("rule.placeNeeded");
      if (errors["settings.endpoint"]) errors["settings.endpoint"] = t("channels.pushNeeded");
      if (settings.type === "webhook" && settings.url && !isWebAddress(settings.url))
        errors["settings.url"] = t("right.url");
      return errors;
    },
  });
  const { edit } = useEdit(form, channel, draftOf, fields);
  const { saved, removed } = useSaved("/api/v1/channels", refuse(form, fields));
  const { type: kind } = form.values.settings;
  const secrets = SECRETS[kind];
  const submit = form.onSubmit(
    ({ place_id, credentials, ...spec }) => {
      const given = Object.fromEntries(Object.entries(credentials).filter(([, secret]) => secret));
      if (channel)
        change.mutate(
          {
            params: { path: { channel_id: channel.id } },
            body: {
              ...spec,
              version: edit.version,
              ...(Object.keys(given).length > 0 && { credentials: given }),
            },
          },
          saved,
        );
      else add.mutate({ body: { place_id, channel: spec, credentials: given } }, saved);
    },
    (errors) => showRefused(form, errors),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Row>
          <Select
            label={t("channels.kind")}
            allowDeselect={false}
            disabled={Boolean(channel)}
            data={KINDS.map((one) => ({ value: one, label: t(`channels.kinds.${one}`) }))}
            value={kind}
            onChange={(next) => {
              form.setValues({ settings: emptySettings(next as Kind), credentials: {} });
              form.clearErrors();
            }}
          />
          <TextInput label={fields.name.label} data-autofocus {...form.getInputProps("name")} />
        </Row>
        <PlaceSelect
          action="manage_channels"
          description={t("rule.placeHint")}
          allowDeselect={false}
          disabled={Boolean(channel)}
          {...form.getInputProps("place_id")}
        />
        <SettingsFields form={form} fields={fields} />
        {secrets.must.length + secrets.may.length > 0 && (
          <Fieldset legend={t("channels.secrets")}>
            {channel?.has_secrets && (
              <Text size="sm" mb="xs">
                {t("channels.secretsStored")}
              </Text>
            )}
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
              {[...secrets.must, ...secrets.may].map((name) => (
                <PasswordInput
                  key={name}
                  label={t(`channels.secret.${name}`)}
                  autoComplete="new-password"
                  required={!channel && secrets.must.includes(name)}
                  {...form.getInputProps(`credentials.${name}`)}
                  value={form.values.credentials[name] ?? ""}
                  // The library marks other inputs by itself.
                  aria-invalid={Boolean(form.errors[`credentials.${name}`])}
                />
              ))}
            </SimpleGrid>
            <FieldError of={form.errors.credentials} />
          </Fieldset>
        )}
        <RoutingFields
          value={form.values.routing}
          onChange={(routing) => form.setFieldValue("routing", routing)}
        />
        <FieldError of={form.errors["routing.quiet"] ?? form.errors["routing.digest_minutes"]} />
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
        <SaveTrouble error={add.error ?? change.error ?? remove.error} fields={fields} edit={edit} />
        <Group justify="space-between">
          <Button type="submit" loading={add.isPending || change.isPending}>
            {t("common:do.save")}
          </Button>
          {channel && (
            <RemoveButton
              name={channel.name}
              consequence={t("channels.removeWhat")}
              onRemove={() =>
                remove.mutate(
                  {
                    params: { path: { channel_id: channel.id }, query: { version: edit.version } },
                  },
                  removed,
                )
              }
            />
          )}
        </Group>
      </Stack>
    </form>
  );
}
