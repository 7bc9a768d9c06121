import { Button, Group, MultiSelect, NumberInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { PlaceSelect } from "../../components/pick";
import { confirmRemoval } from "../confirm";
import { FieldError } from "../FieldError";
import { refuse, showRefused } from "../fields";
import { PositionField } from "../PositionField";
import { Row } from "../Row";
import { Timetable } from "../rules/Timetable";
import { SaveTrouble } from "../SaveTrouble";
import { BAD } from "../tones";
import { useEdit } from "../useEdit";
import { useSaved } from "../useSaved";

/** Both ways of switching it, so that what was typed for one stays when the other is looked at. */
const OUTPUT = {
  type: "mqtt" as "mqtt" | "http",
  topic: "",
  on: "ON",
  off: "OFF",
  answer_topic: "",
  answer_holds: "",
  url: "",
  off_url: "",
  body: "",
};

const withoutNull = (output: object) =>
  Object.fromEntries(Object.entries(output).map(([name, value]) => [name, value ?? ""]));

function outputOf({ type, url, off_url, body, ...mqtt }: typeof OUTPUT): Schemas["SounderOutput"] {
  return type === "http"
    ? { type, url, body, off_url: off_url || null }
    : { type, ...mqtt, off: mqtt.off || null, answer_topic: mqtt.answer_topic || null };
}

const valuesOf = (sounder?: Schemas["Sounder"]) => ({
  place_id: sounder?.place_id ?? "",
  name: sounder?.name ?? "",
  kind: sounder?.kind ?? ("gong" as Schemas["SounderKind"]),
  enabled: sounder?.enabled ?? true,
  seconds: sounder?.seconds ?? (10 as number | ""),
  point: sounder?.point ?? (null as Schemas["GeoPoint"] | null),
  rules: sounder?.rules ?? ([] as string[]),
  bells_within: sounder?.bells_within ?? ("" as number | ""),
  timetable: sounder?.timetable ?? (null as Schemas["Schedule"] | null),
  output: { ...OUTPUT, ...withoutNull(sounder?.output ?? {}) },
});

/** What can be rung: how it is switched, and what rings it by itself. */
export function SounderForm({ sounder }: { sounder?: Schemas["Sounder"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const rules = api.useQuery("get", "/api/v1/rules");
  const add = api.useMutation("post", "/api/v1/sounders");
  const change = api.useMutation("put", "/api/v1/sounders/{sounder_id}");
  const remove = api.useMutation("delete", "/api/v1/sounders/{sounder_id}");
  const fields = {
    place_id: { label: t("common:place.label"), right: t("rule.placeNeeded") },
    name: { label: t("sounders.name"), right: t("right.name"), value: String },
    kind: { label: t("sounders.kind") },
    enabled: { label: t("bells.enabled") },
    seconds: { label: t("sounders.seconds"), right: t("right.whole", { from: 1, to: 600 }) },
    point: { label: t("position.label"), right: t("sounders.pointNeeded") },
    rules: { label: t("sounders.rules") },
    bells_within: { label: t("sounders.bellsWithin"), right: t("right.range", { from: 1, to: 5000 }) },
    timetable: { label: t("sounders.timetable"), right: t("right.schedule") },
    output: { label: t("sounders.output") },
    "output.topic": { label: t("sounders.topic"), right: t("right.topic") },
    "output.on": { label: t("sounders.on"), right: t("right.short") },
    "output.off": { label: t("sounders.off"), right: t("right.short") },
    "output.answer_topic": { label: t("sounders.answerTopic"), right: t("right.topic") },
    "output.answer_holds": { label: t("sounders.answerHolds"), right: t("right.short") },
    "output.url": { label: t("sounders.url"), right: t("right.url") },
    "output.off_url": { label: t("sounders.offUrl"), right: t("right.url") },
    "output.body": { label: t("sounders.body"), right: t("right.short") },
  };
  const address = (url: string) => (/^https?:\/\/\S+$/.test(url) ? null : t("right.url"));
  const form = useForm({
    initialValues: valuesOf(sounder),
    validate: {
      place_id: (place) => (place ? null : t("rule.placeNeeded")),
      name: (name) => (name.trim() ? null : t("bells.needed")),
      point: (point, all) => (all.bells_within === "" || point ? null : t("sounders.pointNeeded")),
      output: {
        topic: (topic, all) => (all.output.type === "mqtt" && !topic ? t("bells.needed") : null),
        url: (url, all) => (all.output.type === "http" ? address(url) : null),
        off_url: (url, all) => (all.output.type === "http" && url ? address(url) : null),
      },
    },
  });
  const { edit } = useEdit(form, sounder, valuesOf, fields);
  const { saved, removed } = useSaved("/api/v1/sounders", refuse(form, fields));
  const submit = form.onSubmit(
    ({ place_id, output, seconds, bells_within, ...rest }) => {
      const spec = {
        ...rest,
        seconds: Number(seconds),
        output: outputOf(output),
        bells_within: bells_within === "" ? null : bells_within,
      };
      if (sounder)
        change.mutate(
          {
            params: { path: { sounder_id: sounder.id }, query: { version: edit.version } },
            body: spec,
          },
          saved,
        );
      else add.mutate({ body: { place_id, sounder: spec } }, saved);
    },
    (errors) => showRefused(form, errors),
  );
  const text = (name: keyof typeof OUTPUT) => (
    <TextInput
      label={fields[`output.${name}` as "output.topic"].label}
      spellCheck={false}
      {...form.getInputProps(`output.${name}`)}
    />
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Row>
          <TextInput label={fields.name.label} data-autofocus {...form.getInputProps("name")} />
          <Select
            label={fields.kind.label}
            allowDeselect={false}
            data={(["gong", "siren", "bell"] as const).map((value) => ({
              value,
              label: t(`sounders.kinds.${value}`),
            }))}
            {...form.getInputProps("kind")}
          />
          <NumberInput label={fields.seconds.label} min={1} max={600} {...form.getInputProps("seconds")} />
        </Row>
        <Row>
          <PlaceSelect
            action="manage_cameras"
            allowDeselect={false}
            disabled={Boolean(sounder)}
            {...form.getInputProps("place_id")}
          />
          <Select
            label={fields.output.label}
            allowDeselect={false}
            data={[
              { value: "mqtt", label: "MQTT" },
              { value: "http", label: "HTTP" },
            ]}
            {...form.getInputProps("output.type")}
          />
        </Row>
        {form.values.output.type === "mqtt" ? (
          <>
            <Row>
              {text("topic")}
              {text("on")}
              {text("off")}
            </Row>
            <Row>
              {text("answer_topic")}
              {text("answer_holds")}
            </Row>
          </>
        ) : (
          <Row>
            {text("url")}
            {text("off_url")}
            {text("body")}
          </Row>
        )}
        <Row>
          <NumberInput
            label={fields.bells_within.label}
            min={1}
            max={5000}
            {...form.getInputProps("bells_within")}
          />
          <MultiSelect
            label={fields.rules.label}
            placeholder={form.values.rules.length > 0 ? undefined : t("common:state.none")}
            clearable
            searchable
            data={(rules.data?.items ?? []).map((rule) => ({ value: rule.id, label: rule.name }))}
            {...form.getInputProps("rules")}
          />
        </Row>
        <Timetable
          label={fields.timetable.label}
          without={t("sounders.noTimetable")}
          value={form.values.timetable}
          onChange={(timetable) => form.setFieldValue("timetable", timetable)}
        />
        <FieldError of={form.errors.timetable} />
        <PositionField
          looks={false}
          height={220}
          value={{ point: form.values.point, bearing: null }}
          onChange={({ point }) => form.setFieldValue("point", point)}
        />
        <FieldError of={form.errors.point} />
        <Switch label={fields.enabled.label} {...form.getInputProps("enabled", { type: "checkbox" })} />
        <SaveTrouble error={add.error ?? change.error ?? remove.error} fields={fields} edit={edit} />
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
                    { params: { path: { sounder_id: sounder.id }, query: { version: edit.version } } },
                    removed,
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
