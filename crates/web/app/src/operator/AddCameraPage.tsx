import {
  Alert,
  Button,
  Collapse,
  Grid,
  NumberInput,
  Paper,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queryClient } from "../api/client";
import { Page } from "../components/Page";
import { PlaceSelect, useCameras } from "../components/pick";
import { readAddress } from "./address";
import { CameraTrouble } from "./CameraTrouble";
import { Discovery } from "./Discovery";
import classes from "./operator.module.css";
import { type Position, PositionField } from "./PositionField";
import { RecorderChannels } from "./RecorderChannels";
import { TrialOutcome } from "./TrialOutcome";
import { credentialsOf, keyOf, type ToTry, useTrial } from "./trial";

/** A camera in under a minute: where it is, what it shows, what it is called. */
export function AddCameraPage() {
  const { t } = useTranslation("operator");
  return (
    <Page title={t("add.title")} hint={t("add.hint")} needs="manage_cameras">
      <AddCamera />
    </Page>
  );
}

type Typed = ToTry & {
  name: string;
  place_id: string;
  position: Position;
  keep_days: number | "";
  analysed: boolean;
};

function AddCamera() {
  const { t } = useTranslation("operator");
  const navigate = useNavigate();
  const cameras = useCameras();
  const trial = useTrial();
  const [byHand, setByHand] = useState(false);
  const form = useForm<Typed>({
    initialValues: {
      address: "",
      username: "admin",
      password: "",
      main_url: "",
      sub_url: "",
      transport: "auto",
      name: "",
      place_id: "",
      position: { point: null, bearing: null },
      keep_days: "",
      analysed: true,
    },
    validate: {
      name: (name) => (name.trim() ? null : t("add.nameNeeded")),
      place_id: (place) => (place ? null : t("add.placeNeeded")),
    },
  });
  const add = api.useMutation("post", "/api/v1/cameras");
  const values = form.values;

  const tryIt = async () => {
    const address = readAddress(values.address);
    if (!byHand && address.is === "nothing") {
      form.setFieldError("address", t(values.address.includes("://") ? "add.badUrl" : "add.addressNeeded"));
      return;
    }
    if (byHand && readAddress(values.main_url).is !== "url") {
      form.setFieldError("main_url", t("add.badUrl"));
      return;
    }
    form.clearErrors();
    form.setValues(await trial.run(values, byHand));
  };

  const tried = trial.outcome.is === "works" && trial.outcome.key === keyOf(values);
  const save = form.onSubmit((all) => {
    if (!all.main_url) {
      void tryIt();
      return;
    }
    add.mutate(
      {
        body: {
          name: all.name.trim(),
          place_id: all.place_id,
          main_url: all.main_url,
          sub_url: all.sub_url || null,
          transport: all.transport,
          credentials: credentialsOf(all),
          ...all.position,
          keep_days: all.keep_days === "" ? null : all.keep_days,
          analysed: all.analysed,
          probe: !tried,
        },
      },
      {
        onSuccess: async ({ camera }) => {
          await queryClient.invalidateQueries();
          notifications.show({ message: t("add.saved", { name: camera.name }), color: "green" });
          await navigate({ to: "/cameras/$cameraId", params: { cameraId: camera.id } });
        },
      },
    );
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        if (tried || values.name) return save(event);
        // Enter in the address or the password tries them.
        event.preventDefault();
        void tryIt();
      }}
    >
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Paper withBorder p="md" component="section" aria-labelledby="where">
            <Stack gap="sm">
              <Title order={2} size="h4" id="where">
                {t("add.step1")}
              </Title>
              <TextInput
                label={t("add.address")}
                description={t("add.addressHint")}
                autoFocus
                autoComplete="off"
                spellCheck={false}
                {...form.getInputProps("address")}
              />
              <Discovery onChoose={(address) => form.setFieldValue("address", address)} />
              <SimpleGrid cols={2}>
                <TextInput label={t("add.username")} autoComplete="off" {...form.getInputProps("username")} />
                <PasswordInput
                  label={t("add.password")}
                  autoComplete="new-password"
                  {...form.getInputProps("password")}
                />
              </SimpleGrid>
              <Switch
                label={t("add.byHand")}
                checked={byHand}
                onChange={(event) => {
                  setByHand(event.currentTarget.checked);
                  const address = readAddress(values.address);
                  if (!values.main_url && address.is === "url") form.setFieldValue("main_url", address.url);
                }}
              />
              <Collapse expanded={byHand}>
                <Stack gap="sm">
                  <TextInput label={t("add.main")} spellCheck={false} {...form.getInputProps("main_url")} />
                  <TextInput
                    label={t("add.sub")}
                    description={t("add.subHint")}
                    spellCheck={false}
                    {...form.getInputProps("sub_url")}
                  />
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
                </Stack>
              </Collapse>
              <Button onClick={() => void tryIt()} loading={trial.outcome.is === "running"}>
                {t("add.find")}
              </Button>
            </Stack>
          </Paper>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Paper withBorder p="md" component="section" aria-label={t("add.step2")}>
            <TrialOutcome outcome={trial.outcome} onStop={trial.stop} />
            {trial.outcome.is === "works" && (
              <Text size="sm" mt="sm" className={classes.address}>
                {[values.main_url, values.sub_url].filter(Boolean).join("  ·  ")}
              </Text>
            )}
            {tried && trial.outcome.is === "works" && trial.outcome.found && (
              <RecorderChannels
                channels={trial.outcome.found.channels}
                account={values}
                place={values.place_id}
              />
            )}
            {trial.outcome.is === "works" && !tried && <Alert color="yellow">{t("add.changed")}</Alert>}
          </Paper>
        </Grid.Col>
        <Grid.Col span={12}>
          <Paper withBorder p="md" component="section" aria-labelledby="what">
            <Title order={2} size="h4" id="what" mb="sm">
              {t("add.step3")}
            </Title>
            <Grid gap="lg">
              <Grid.Col span={{ base: 12, md: 5 }}>
                <Stack gap="sm">
                  <TextInput
                    label={t("add.name")}
                    description={t("add.nameHint")}
                    {...form.getInputProps("name")}
                  />
                  <PlaceSelect action="manage_cameras" {...form.getInputProps("place_id")} />
                  <NumberInput
                    label={t("add.keepDays")}
                    description={t("add.keepDaysHint")}
                    min={1}
                    max={3650}
                    {...form.getInputProps("keep_days")}
                  />
                  <Switch
                    label={t("add.analysed")}
                    {...form.getInputProps("analysed", { type: "checkbox" })}
                  />
                  {add.error && <CameraTrouble error={add.error} />}
                  <Button type="submit" size="md" loading={add.isPending}>
                    {tried ? t("add.save") : t("add.saveUntried")}
                  </Button>
                </Stack>
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 7 }}>
                <PositionField
                  later={!tried}
                  value={values.position}
                  onChange={(position) => form.setFieldValue("position", position)}
                  others={(cameras.data?.items ?? []).flatMap((camera) =>
                    camera.point
                      ? [{ id: camera.id, point: camera.point, bearing: camera.bearing, label: camera.name }]
                      : [],
                  )}
                />
              </Grid.Col>
            </Grid>
          </Paper>
        </Grid.Col>
      </Grid>
    </form>
  );
}
