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
import { confirmRemoval } from "./confirm";
import { PositionField } from "./PositionField";
import { SaveTrouble } from "./SaveTrouble";
import { BAD } from "./tones";
import { credentialsOf } from "./trial";

const GB = 1e9;

/** What is set of a camera; somebody else's change in between is not overwritten. */
export function CameraSettings({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation("operator");
  const may = useMay();
  if (!may("manage_cameras", camera.place_id)) return <Alert color="gray">{t("camera.mayNot")}</Alert>;
  return <Settings key={camera.version} camera={camera} />;
}

function Settings({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const navigate = useNavigate();
  const change = api.useMutation("patch", "/api/v1/cameras/{camera_id}");
  const remove = api.useMutation("delete", "/api/v1/cameras/{camera_id}");
  const form = useForm({
    initialValues: {
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
    },
    validate: { name: (name) => (name.trim() ? null : t("add.nameNeeded")) },
  });
  const path = { camera_id: camera.id };
  const save = form.onSubmit((all) => {
    const credentials = credentialsOf(all);
    change.mutate(
      {
        params: { path },
        body: {
          version: camera.version,
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
        onSuccess: async () => {
          notifications.show({ message: t("common:state.saved"), color: "green" });
          await queryClient.invalidateQueries();
        },
      },
    );
  });
  const askRemove = () =>
    confirmRemoval(camera.name, t("camera.removeWhat"), () =>
      remove.mutate(
        { params: { path, query: { version: camera.version } } },
        {
          onSuccess: async () => {
            notifications.show({ message: t("camera.removed", { name: camera.name }) });
            await navigate({ to: "/cameras" });
            await queryClient.invalidateQueries();
          },
        },
      ),
    );
  return (
    <form onSubmit={save} noValidate>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="sm">
            <TextInput label={t("add.name")} {...form.getInputProps("name")} />
            <PlaceSelect action="manage_cameras" allowDeselect={false} {...form.getInputProps("place_id")} />
            <Switch label={t("add.enabled")} {...form.getInputProps("enabled", { type: "checkbox" })} />
            <Switch label={t("add.analysed")} {...form.getInputProps("analysed", { type: "checkbox" })} />
            <Group grow align="flex-start">
              <NumberInput
                label={t("add.keepDays")}
                description={t("add.keepDaysHint")}
                min={1}
                max={3650}
                {...form.getInputProps("keep_days")}
              />
              <NumberInput
                label={t("camera.keepBytes")}
                description={t("camera.noLimit")}
                min={1}
                {...form.getInputProps("keep_gb")}
              />
            </Group>
            <Divider />
            <TextInput label={t("add.main")} spellCheck={false} {...form.getInputProps("main_url")} />
            <TextInput label={t("add.sub")} spellCheck={false} {...form.getInputProps("sub_url")} />
            <Select
              label={t("add.transport")}
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
              <TextInput label={t("add.username")} autoComplete="off" {...form.getInputProps("username")} />
              <PasswordInput
                label={t("add.password")}
                autoComplete="new-password"
                {...form.getInputProps("password")}
              />
            </Group>
            <Switch label={t("camera.probeFirst")} {...form.getInputProps("probe", { type: "checkbox" })} />
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
        <SaveTrouble error={change.error ?? remove.error} />
        <Group justify="space-between">
          <Button type="submit" loading={change.isPending}>
            {t("common:do.save")}
          </Button>
          <Button variant="outline" color={BAD} loading={remove.isPending} onClick={askRemove}>
            {t("camera.remove")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
