import { Button, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../api/client";
import { useMay } from "../api/session";
import { CameraTrouble } from "./CameraTrouble";
import classes from "./operator.module.css";
import { Streams } from "./Streams";

/** A camera's streams: their addresses, and a trial of them as they are stored. */
export function CameraStreams({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation("operator");
  const may = useMay();
  const trial = api.useMutation("post", "/api/v1/cameras/{camera_id}/probe");
  const tryNow = () => trial.mutate({ params: { path: { camera_id: camera.id } }, body: { pictures: true } });
  return (
    <Stack>
      <div>
        {[
          [t("add.main"), camera.main_url],
          [t("add.sub"), camera.sub_url ?? t("cameras.noSub")],
        ].map(([label, url]) => (
          <Text key={label} size="sm">
            {label}: <span className={classes.address}>{url}</span>
          </Text>
        ))}
      </div>
      {may("manage_cameras", camera.place_id) && (
        <Group>
          <Button loading={trial.isPending} onClick={tryNow}>
            {t("camera.tryNow")}
          </Button>
          <Text size="sm">{trial.isPending ? t("camera.trying") : t("camera.tryHint")}</Text>
        </Group>
      )}
      {trial.error && <CameraTrouble error={trial.error} />}
      {trial.data && !trial.isPending && <Streams streams={trial.data.streams} />}
    </Stack>
  );
}
