import {
  Button,
  Group,
  NumberInput,
  Stack,
  Switch,
  Text,
  TextInput,
  type TextInputProps,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../../api/client";
import { Copyable } from "../../components/Copyable";
import { PlaceSelect, useCameras } from "../../components/pick";
import { useCloseDialog } from "../DialogButton";
import { FieldError } from "../FieldError";
import { refuse, showRefused } from "../fields";
import { Notice } from "../Notice";
import { PositionField } from "../PositionField";
import { RemoveButton } from "../RemoveButton";
import { Row } from "../Row";
import { SaveTrouble } from "../SaveTrouble";
import { useEdit } from "../useEdit";
import { useSaved } from "../useSaved";

interface Props {
  bell?: Schemas["Bell"];
  /** The device of a button that was pressed and is nobody's. */
  device?: string;
}

/** Hints of different length leave the inputs side by side. */
const HINT_BELOW: TextInputProps["inputWrapperOrder"] = ["label", "input", "description", "error"];

const valuesOf = (bell?: Schemas["Bell"], device = "") => ({
  place_id: bell?.place_id ?? "",
  name: bell?.name ?? "",
  household: bell?.household ?? "",
  device: bell?.device ?? device,
  point: bell?.point ?? (null as Schemas["GeoPoint"] | null),
  enabled: bell?.enabled ?? true,
  silent_after_hours: bell?.silent_after_hours ?? ("" as number | ""),
});

/** An alarm bell: whose it is and where. */
export function BellForm({ bell, device }: Props) {
  const { t } = useTranslation(["operator", "common"]);
  const close = useCloseDialog();
  const cameras = useCameras();
  const add = api.useMutation("post", "/api/v1/bells");
  const change = api.useMutation("put", "/api/v1/bells/{bell_id}");
  const remove = api.useMutation("delete", "/api/v1/bells/{bell_id}");
  const fields = {
    place_id: { label: t("common:place.label"), right: t("rule.placeNeeded") },
    name: { label: t("bells.name"), right: t("right.name"), value: String },
    household: { label: t("bells.household"), right: t("right.name"), value: String },
    device: { label: t("bells.device"), right: t("right.name"), value: String },
    point: { label: t("position.label"), right: t("bells.pointNeeded") },
    enabled: { label: t("bells.enabled") },
    silent_after_hours: { label: t("bells.silent"), right: t("right.range", { from: 1, to: 744 }) },
  };
  const form = useForm({
    initialValues: valuesOf(bell, device),
    validate: {
      place_id: (place) => (place ? null : t("rule.placeNeeded")),
      name: (name) => (name.trim() ? null : t("bells.needed")),
      household: (name) => (name.trim() ? null : t("bells.needed")),
      device: (name) => (name.trim() ? null : t("bells.needed")),
      point: (point) => (point ? null : t("bells.pointNeeded")),
    },
  });
  const { edit } = useEdit(form, bell, valuesOf, fields);
  const { saved, removed } = useSaved("/api/v1/bells", refuse(form, fields));
  const submit = form.onSubmit(
    ({ place_id, point, silent_after_hours, ...rest }) => {
      if (!point) return;
      const spec = {
        ...rest,
        point,
        silent_after_hours: silent_after_hours === "" ? null : silent_after_hours,
      };
      if (bell)
        change.mutate(
          { params: { path: { bell_id: bell.id }, query: { version: edit.version } }, body: spec },
          saved,
        );
      else
        add.mutate(
          { body: { place_id, bell: spec } },
          {
            onError: saved.onError,
            onSuccess: () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/bells"] }),
          },
        );
    },
    (errors) => showRefused(form, errors),
  );
  if (add.data)
    return (
      <Stack>
        <Notice title={t("bells.key")}>
          <Copyable text={add.data.key} />
        </Notice>
        <Button onClick={close}>{t("bells.done")}</Button>
      </Stack>
    );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Row>
          <TextInput label={fields.name.label} data-autofocus {...form.getInputProps("name")} />
          <TextInput label={fields.household.label} {...form.getInputProps("household")} />
        </Row>
        <Row>
          <TextInput
            label={fields.device.label}
            description={t("bells.deviceHint")}
            inputWrapperOrder={HINT_BELOW}
            {...form.getInputProps("device")}
          />
          <NumberInput
            label={fields.silent_after_hours.label}
            description={t("bells.silentHint")}
            inputWrapperOrder={HINT_BELOW}
            min={1}
            max={744}
            {...form.getInputProps("silent_after_hours")}
          />
        </Row>
        <PlaceSelect
          action="manage_cameras"
          allowDeselect={false}
          disabled={Boolean(bell)}
          {...form.getInputProps("place_id")}
        />
        <Text size="sm">{t("bells.cameraHint")}</Text>
        <PositionField
          looks={false}
          height={240}
          value={{ point: form.values.point, bearing: null }}
          onChange={({ point }) => form.setFieldValue("point", point)}
          others={(cameras.data?.items ?? []).flatMap((camera) =>
            camera.point
              ? [{ id: camera.id, point: camera.point, bearing: camera.bearing, label: camera.name }]
              : [],
          )}
        />
        <FieldError of={form.errors.point} />
        <Switch label={fields.enabled.label} {...form.getInputProps("enabled", { type: "checkbox" })} />
        <SaveTrouble error={add.error ?? change.error ?? remove.error} fields={fields} edit={edit} />
        <Group justify="space-between">
          <Button type="submit" loading={add.isPending || change.isPending}>
            {t("common:do.save")}
          </Button>
          {bell && (
            <RemoveButton
              name={bell.name}
              consequence={t("bells.removeWhat")}
              onRemove={() =>
                remove.mutate(
                  { params: { path: { bell_id: bell.id }, query: { version: edit.version } } },
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
