import {
  Alert,
  Button,
  Divider,
  Grid,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../api/client";
import { useMay } from "../api/session";
import { PlaceSelect } from "../components/pick";
import { refuse } from "./fields";
import { PositionField } from "./PositionField";
import { RemoveButton } from "./RemoveButton";
import { SaveTrouble } from "./SaveTrouble";
import { credentialsOf } from "./trial";
import { useEdit } from "./useEdit";

const GB = 1e9;

/** What is set of a camera; somebody else's change in between is not overwritten. */
export function CameraSettings({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation("operator");
  const may = useMay();
  if (!may("manage_cameras", camera.place_id)) return <Alert color="gray">{t("camera.mayNot")}</Alert>;
  return <Settings key={camera.id} camera={camera} />;
}

const valuesOf = (camera: Schemas["Camera"]) => ({
  name: camera.name,
  place_id: camera.place_id,
  main_url: camera.main_url,
  sub_url: camera.sub_url ?? "",
  transport: camera.transport,
  username: "",
  password: "",
  position: { point: camera.point ?? null, bearing: camera.bearing ?? null },
  keep_days: camera.keep_days ?? ("" as number | ""),
  keep_gb: camera.keep_bytes ? camera.keep_bytes / GB : ("" as number | ""),
  analysed: camera.analysed,
  enabled: camera.enabled,
  probe: true,
});

function Settings({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const navigate = useNavigate();
  const change = api.useMutation("patch", "/api/v1/cameras/{camera_id}");
  const remove = api.useMutation("delete", "/api/v1/cameras/{camera_id}");
  const fields = {
    name: { label: t("add.name"), right: t("right.name"), value: String },
    place_id: { label: t("common:place.label"), right: t("rule.placeNeeded") },
    main_url: { label: t("add.main"), right: t("add.badUrl"), value: String },
    sub_url: { label: t("add.sub"), right: t("add.badUrl"), value: String },
    transport: { label: t("add.transport") },
    username: { label: t("add.username") },
    password: { label: t("add.password") },
    position: { label: t("position.label") },
    keep_days: { label: t("add.keepDays"), right: t("right.whole", { from: 1, to: 3650 }) },
    keep_gb: { label: t("camera.keepBytes") },
    analysed: { label: t("add.analysed") },
    enabled: { label: t("add.enabled") },
    probe: { label: t("camera.probeFirst") },
  };
  const form = useForm({
    initialValues: valuesOf(camera),
    validate: { name: (name) => (name.trim() ? null : t("add.nameNeeded")) },
  });
  const { edit, fill } = useEdit(form, camera, valuesOf, fields);
  const path = { camera_id: camera.id };
  const save = form.onSubmit((all) => {
    const credentials = credentialsOf(all);
    change.mutate(
      {
        params: { path },
        body: {
          version: edit.version,
          name: all.name.trim(),
          place_id: all.place_id,
          main_url: all.main_url,
          sub_url: all.sub_url || null,
          transport: all.transport,
          ...(credentials && { credentials }),
          ...all.position,
          keep_days: all.keep_days === "" ? null : all.keep_days,
          keep_bytes: all.keep_gb === "" ? null : Math.round(all.keep_gb * GB),
          analysed: all.analysed,
          enabled: all.enabled,
          probe: all.probe,
        },
      },
      {
        onError: refuse(form, fields),
        onSuccess: async (stored) => {
          fill(stored.camera);
          notifications.show({ message: t("common:state.saved"), color: "green" });
          await queryClient.invalidateQueries();
        },
      },
    );
  });
  const removeIt = () =>
    remove.mutate(
      { params: { path, query: { version: edit.version } } },
      {
        onSuccess: async () => {
          notifications.show({ message: t("camera.removed", { name: camera.name }) });
          await navigate({ to: "/cameras" });
          await queryClient.invalidateQueries();
        },
      },
    );
  return (
    <form onSubmit={save} noValidate>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="sm">
            <TextInput label={fields.name.label} {...form.getInputProps("name")} />
            <PlaceSelect action="manage_cameras" allowDeselect={false} {...form.getInputProps("place_id")} />
            <Switch label={fields.enabled.label} {...form.getInputProps("enabled", { type: "checkbox" })} />
            <Switch label={fields.analysed.label} {...form.getInputProps("analysed", { type: "checkbox" })} />
            <Group grow align="flex-start">
              <NumberInput
                label={fields.keep_days.label}
                description={t("add.keepDaysHint")}
                min={1}
                max={3650}
                {...form.getInputProps("keep_days")}
              />
              <NumberInput
                label={fields.keep_gb.label}
                description={t("camera.noLimit")}
                min={1}
                {...form.getInputProps("keep_gb")}
              />
            </Group>
            <Divider />
            <TextInput label={fields.main_url.label} spellCheck={false} {...form.getInputProps("main_url")} />
            <TextInput label={fields.sub_url.label} spellCheck={false} {...form.getInputProps("sub_url")} />
            <Select
              label={fields.transport.label}
              allowDeselect={false}
              data={[
                { value: "auto", label: t("add.auto") },
                { value: "tcp", label: "TCP" },
                { value: "udp", label: "UDP" },
              ]}
              {...form.getInputProps("transport")}
            />
            <Text size="sm">{t(camera.has_credentials ? "camera.credentials" : "camera.noCredentials")}</Text>
            <Group grow>
              <TextInput
                label={fields.username.label}
                autoComplete="off"
                {...form.getInputProps("username")}
              />
              <PasswordInput
                label={fields.password.label}
                autoComplete="new-password"
                {...form.getInputProps("password")}
              />
            </Group>
            <Switch label={fields.probe.label} {...form.getInputProps("probe", { type: "checkbox" })} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <PositionField
            value={form.values.position}
            onChange={(position) => form.setFieldValue("position", position)}
          />
        </Grid.Col>
      </Grid>
      <Stack mt="md">
        <SaveTrouble error={change.error ?? remove.error} fields={fields} edit={edit} />
        <Group justify="space-between">
          <Button type="submit" loading={change.isPending}>
            {t("common:do.save")}
          </Button>
          <RemoveButton
            name={camera.name}
            consequence={t("camera.removeWhat")}
            label={t("camera.remove")}
            loading={remove.isPending}
            onRemove={removeIt}
          />
        </Group>
      </Stack>
    </form>
  );
}
