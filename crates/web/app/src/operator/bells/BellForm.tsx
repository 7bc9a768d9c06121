import { Alert, Button, Code, Group, NumberInput, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../../api/client";
import { PlaceSelect, useCameras } from "../../components/pick";
import { confirmRemoval } from "../confirm";
import { useCloseDialog } from "../DialogButton";
import { PositionField } from "../PositionField";
import { SaveTrouble } from "../SaveTrouble";
import { BAD, BAD_TEXT } from "../tones";
import { useSaved } from "../useSaved";

interface Props {
  bell?: Schemas["Bell"];
  /** The device of a button that was pressed and is nobody's. */
  device?: string;
}

/** An alarm bell: whose it is and where. */
export function BellForm({ bell, device = "" }: Props) {
  const { t } = useTranslation(["operator", "common"]);
  const close = useCloseDialog();
  const cameras = useCameras();
  const saved = useSaved("/api/v1/bells");
  const add = api.useMutation("post", "/api/v1/bells");
  const change = api.useMutation("put", "/api/v1/bells/{bell_id}");
  const remove = api.useMutation("delete", "/api/v1/bells/{bell_id}");
  const form = useForm({
    initialValues: {
      place_id: bell?.place_id ?? "",
      name: bell?.name ?? "",
      household: bell?.household ?? "",
      device: bell?.device ?? device,
      point: bell?.point ?? (null as Schemas["GeoPoint"] | null),
      enabled: bell?.enabled ?? true,
      silent_after_hours: bell?.silent_after_hours ?? ("" as number | ""),
    },
    validate: {
      place_id: (place) => (place ? null : t("rule.placeNeeded")),
      name: (name) => (name.trim() ? null : t("bells.needed")),
      household: (name) => (name.trim() ? null : t("bells.needed")),
      device: (name) => (name.trim() ? null : t("bells.needed")),
      point: (point) => (point ? null : t("bells.pointNeeded")),
    },
  });
  const submit = form.onSubmit(({ place_id, point, silent_after_hours, ...rest }) => {
    if (!point) return;
    const spec = {
      ...rest,
      point,
      silent_after_hours: silent_after_hours === "" ? null : silent_after_hours,
    };
    if (bell)
      change.mutate(
        { params: { path: { bell_id: bell.id }, query: { version: bell.version } }, body: spec },
        saved,
      );
    else
      add.mutate(
        { body: { place_id, bell: spec } },
        { onSuccess: () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/bells"] }) },
      );
  });
  if (add.data)
    return (
      <Stack>
        <Alert color="yellow" title={t("bells.key")}>
          <Code block>{add.data.key}</Code>
        </Alert>
        <Button onClick={close}>{t("bells.done")}</Button>
      </Stack>
    );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Group grow align="flex-start">
          <TextInput label={t("bells.name")} data-autofocus {...form.getInputProps("name")} />
          <TextInput label={t("bells.household")} {...form.getInputProps("household")} />
        </Group>
        <Group grow align="flex-start">
          <TextInput
            label={t("bells.device")}
            description={t("bells.deviceHint")}
            {...form.getInputProps("device")}
          />
          <NumberInput
            label={t("bells.silent")}
            description={t("bells.silentHint")}
            min={1}
            max={744}
            {...form.getInputProps("silent_after_hours")}
          />
        </Group>
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
        {form.errors.point && (
          <Text size="sm" c={BAD_TEXT} role="alert">
            {form.errors.point}
          </Text>
        )}
        <Switch label={t("bells.enabled")} {...form.getInputProps("enabled", { type: "checkbox" })} />
        <SaveTrouble error={add.error ?? change.error ?? remove.error} />
        <Group justify="space-between">
          <Button type="submit" loading={add.isPending || change.isPending}>
            {t("common:do.save")}
          </Button>
          {bell && (
            <Button
              variant="outline"
              color={BAD}
              onClick={() =>
                confirmRemoval(bell.name, t("bells.removeWhat"), () =>
                  remove.mutate(
                    { params: { path: { bell_id: bell.id }, query: { version: bell.version } } },
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
