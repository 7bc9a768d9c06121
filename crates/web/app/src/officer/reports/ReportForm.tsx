import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { lazy } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { DateTimeInput } from "../../components/DateTimeInput";
import { Later } from "../../components/Later";
import { CameraSelect, PlaceSelect, useCameraById } from "../../components/pick";
import { ProblemAlert } from "../../components/states";
import { fromField, toField } from "../../i18n/time";

const MapView = lazy(async () => ({ default: (await import("../../components/MapView")).MapView }));

interface Values {
  text: string;
  at: string | null;
  place: string | null;
  camera: string | null;
  point: Schemas["GeoPoint"] | null;
}

/** Tells of something that no camera flagged: what, when, where. */
export function ReportForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation(["officer", "common"]);
  const cameras = useCameraById();
  const report = api.useMutation("post", "/api/v1/reports");
  const form = useForm<Values>({
    initialValues: { text: "", at: null, place: null, camera: null, point: null },
    validate: {
      text: (text) => (text.trim() ? null : t("told.textNeeded")),
      place: (place) => (place ? null : t("told.placeNeeded")),
    },
  });
  const submit = form.onSubmit(({ text, at, place, point }) => {
    if (!place) return;
    report.mutate(
      {
        body: {
          place_id: place,
          text: text.trim(),
          ...(point && { point }),
          ...(at && { at: fromField(at) }),
        },
      },
      {
        onSuccess: () => {
          form.reset();
          onDone();
        },
      },
    );
  });
  const near = (id: string | null) => {
    const camera = cameras.get(id ?? "");
    form.setValues((now) => ({
      camera: id,
      point: camera?.point ?? now.point,
      place: now.place ?? camera?.place_id ?? null,
    }));
  };
  const { point } = form.values;
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {report.error && <ProblemAlert problem={report.error} />}
        <Textarea
          data-autofocus
          withAsterisk
          label={t("told.text")}
          placeholder={t("told.textExample")}
          autosize
          minRows={3}
          maxLength={2000}
          {...form.getInputProps("text")}
        />
        <Group grow align="flex-start">
          <PlaceSelect withAsterisk action="report" {...form.getInputProps("place")} />
          <DateTimeInput
            label={t("told.at")}
            description={t("told.atHint")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            valueFormat="HH:mm DD/MM/YYYY"
            maxDate={toField(Date.now())}
            clearable
            {...form.getInputProps("at")}
          />
        </Group>
        <CameraSelect label={t("told.camera")} clearable value={form.values.camera} onChange={near} />
        <div>
          <Text size="sm" fw={500}>
            {t("told.point")}
          </Text>
          <Text size="xs" mb={4}>
            {t("told.pointHint")}
          </Text>
          <Later fallback={<div style={{ height: 220 }} />}>
            <MapView
              label={t("told.point")}
              height={220}
              centre={point}
              key={form.values.camera}
              points={point ? [{ id: "here", point, label: t("told.here"), state: "alarm" }] : []}
              onClick={(at) => form.setFieldValue("point", at)}
            />
          </Later>
        </div>
        <Button type="submit" loading={report.isPending} w="fit-content">
          {t("told.send")}
        </Button>
      </Stack>
    </form>
  );
}
