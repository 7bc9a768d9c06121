import { Button, Group, MultiSelect, NumberInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { PlaceSelect } from "../../components/pick";
import { confirmRemoval } from "../confirm";
import { PositionField } from "../PositionField";
import { Timetable } from "../rules/Timetable";
import { SaveTrouble } from "../SaveTrouble";
import { BAD } from "../tones";
import { useSaved } from "../useSaved";

type Output = Schemas["SounderOutput"];

const MQTT = { topic: "", on: "ON", off: "OFF", answer_topic: "", answer_holds: "" };
const HTTP = { url: "", off_url: "", body: "" };

function outputOf(type: "mqtt" | "http", mqtt: typeof MQTT, http: typeof HTTP): Output {
  return type === "mqtt"
    ? { type, ...mqtt, off: mqtt.off || null, answer_topic: mqtt.answer_topic || null }
    : { type, ...http, off_url: http.off_url || null };
}

/** What can be rung: how it is switched, and what rings it by itself. */
export function SounderForm({ sounder }: { sounder?: Schemas["Sounder"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const saved = useSaved("/api/v1/sounders");
  const rules = api.useQuery("get", "/api/v1/rules");
  const add = api.useMutation("post", "/api/v1/sounders");
  const change = api.useMutation("put", "/api/v1/sounders/{sounder_id}");
  const remove = api.useMutation("delete", "/api/v1/sounders/{sounder_id}");
  const output = sounder?.output;
  const form = useForm({
    initialValues: {
      place_id: sounder?.place_id ?? "",
      name: sounder?.name ?? "",
      kind: sounder?.kind ?? ("gong" as Schemas["SounderKind"]),
      enabled: sounder?.enabled ?? true,
      seconds: sounder?.seconds ?? 10,
      point: sounder?.point ?? (null as Schemas["GeoPoint"] | null),
      rules: sounder?.rules ?? ([] as string[]),
      bells_within: sounder?.bells_within ?? ("" as number | ""),
      timetable: sounder?.timetable ?? (null as Schemas["Schedule"] | null),
      type: output?.type ?? ("mqtt" as "mqtt" | "http"),
      mqtt:
        output?.type === "mqtt"
          ? { ...MQTT, ...output, off: output.off ?? "", answer_topic: output.answer_topic ?? "" }
          : MQTT,
      http: output?.type === "http" ? { ...HTTP, ...output, off_url: output.off_url ?? "" } : HTTP,
    },
    validate: {
      place_id: (place) => (place ? null : t("rule.placeNeeded")),
      name: (name) => (name.trim() ? null : t("bells.needed")),
      mqtt: { topic: (topic, all) => (all.type === "mqtt" && !topic ? t("bells.needed") : null) },
      http: { url: (url, all) => (all.type === "http" && !url ? t("bells.needed") : null) },
    },
  });
  const submit = form.onSubmit(({ place_id, type, mqtt, http, bells_within, ...rest }) => {
    const { type: _mqtt, ...plainMqtt } = mqtt as typeof MQTT & { type?: string };
    const { type: _http, ...plainHttp } = http as typeof HTTP & { type?: string };
    const spec: Schemas["SounderSpec"] = {
      ...rest,
      output: outputOf(type, plainMqtt, plainHttp),
      bells_within: bells_within === "" ? null : bells_within,
    };
    if (sounder)
      change.mutate(
        {
          params: { path: { sounder_id: sounder.id }, query: { version: sounder.version } },
          body: spec,
        },
        saved,
      );
    else add.mutate({ body: { place_id, sounder: spec } }, saved);
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Group grow align="flex-start">
          <TextInput label={t("sounders.name")} data-autofocus {...form.getInputProps("name")} />
          <Select
            label={t("sounders.kind")}
            allowDeselect={false}
            data={(["gong", "siren", "bell"] as const).map((value) => ({
              value,
              label: t(`sounders.kinds.${value}`),
            }))}
            {...form.getInputProps("kind")}
          />
          <NumberInput label={t("sounders.seconds")} min={1} max={600} {...form.getInputProps("seconds")} />
        </Group>
        <Group grow align="flex-start">
          <PlaceSelect
            action="manage_cameras"
            allowDeselect={false}
            disabled={Boolean(sounder)}
            {...form.getInputProps("place_id")}
          />
          <Select
            label={t("sounders.output")}
            allowDeselect={false}
            data={[
              { value: "mqtt", label: "MQTT" },
              { value: "http", label: "HTTP" },
            ]}
            {...form.getInputProps("type")}
          />
        </Group>
        {form.values.type === "mqtt" ? (
          <>
            <Group grow align="flex-start">
              <TextInput label={t("sounders.topic")} {...form.getInputProps("mqtt.topic")} />
              <TextInput label={t("sounders.on")} {...form.getInputProps("mqtt.on")} />
              <TextInput label={t("sounders.off")} {...form.getInputProps("mqtt.off")} />
            </Group>
            <Group grow align="flex-start">
              <TextInput label={t("sounders.answerTopic")} {...form.getInputProps("mqtt.answer_topic")} />
              <TextInput label={t("sounders.answerHolds")} {...form.getInputProps("mqtt.answer_holds")} />
            </Group>
          </>
        ) : (
          <Group grow align="flex-start">
            <TextInput label={t("sounders.url")} {...form.getInputProps("http.url")} />
            <TextInput label={t("sounders.offUrl")} {...form.getInputProps("http.off_url")} />
            <TextInput label={t("sounders.body")} {...form.getInputProps("http.body")} />
          </Group>
        )}
        <Group grow align="flex-start">
          <NumberInput label={t("sounders.bellsWithin")} min={1} {...form.getInputProps("bells_within")} />
          <MultiSelect
            label={t("sounders.rules")}
            clearable
            searchable
            data={(rules.data?.items ?? []).map((rule) => ({ value: rule.id, label: rule.name }))}
            {...form.getInputProps("rules")}
          />
        </Group>
        <Timetable
          label={t("sounders.timetable")}
          without={t("sounders.noTimetable")}
          value={form.values.timetable}
          onChange={(timetable) => form.setFieldValue("timetable", timetable)}
        />
        <PositionField
          looks={false}
          height={220}
          value={{ point: form.values.point, bearing: null }}
          onChange={({ point }) => form.setFieldValue("point", point)}
        />
        <Switch label={t("bells.enabled")} {...form.getInputProps("enabled", { type: "checkbox" })} />
        <SaveTrouble error={add.error ?? change.error ?? remove.error} />
        <Group justify="space-between">
          <Button type="submit" loading={add.isPending || change.isPending}>
            {t("common:do.save")}
          </Button>
          {sounder && (
            <Button
              variant="outline"
              color={BAD}
              onClick={() =>
                confirmRemoval(sounder.name, t("sounders.removeWhat"), () =>
                  remove.mutate(
                    { params: { path: { sounder_id: sounder.id }, query: { version: sounder.version } } },
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
