import { Button, Group, MultiSelect, NumberInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { PlaceSelect } from "../../components/pick";
import { FieldError } from "../FieldError";
import { isWebAddress, refuse, showRefused } from "../fields";
import { PositionField } from "../PositionField";
import { RemoveButton } from "../RemoveButton";
import { Row } from "../Row";
import { Timetable } from "../rules/Timetable";
import { SaveTrouble } from "../SaveTrouble";
import { useEdit } from "../useEdit";
import { useSaved } from "../useSaved";
import { OutputFields } from "./OutputFields";
import { draftOf, specOf, useSounderFields } from "./sounderDraft";

/** What can be rung: how it is switched, and what rings it by itself. */
export function SounderForm({ sounder }: { sounder?: Schemas["Sounder"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const rules = api.useQuery("get", "/api/v1/rules");
  const add = api.useMutation("post", "/api/v1/sounders");
  const change = api.useMutation("put", "/api/v1/sounders/{sounder_id}");
  const remove = api.useMutation("delete", "/api/v1/sounders/{sounder_id}");
  const fields = useSounderFields();
  const address = (url: string) => (isWebAddress(url) ? null : t("right.url"));
  const form = useForm({
    initialValues: draftOf(sounder),
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
  const { edit } = useEdit(form, sounder, draftOf, fields);
  const { saved, removed } = useSaved("/api/v1/sounders", refuse(form, fields));
  const submit = form.onSubmit(
    (draft) => {
      const spec = specOf(draft);
      if (sounder)
        change.mutate(
          {
            params: { path: { sounder_id: sounder.id }, query: { version: edit.version } },
            body: spec,
          },
          saved,
        );
      else add.mutate({ body: { place_id: draft.place_id, sounder: spec } }, saved);
    },
    (errors) => showRefused(form, errors),
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
        <OutputFields form={form} fields={fields} />
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
            <RemoveButton
              name={sounder.name}
              consequence={t("sounders.removeWhat")}
              onRemove={() =>
                remove.mutate(
                  { params: { path: { sounder_id: sounder.id }, query: { version: edit.version } } },
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
