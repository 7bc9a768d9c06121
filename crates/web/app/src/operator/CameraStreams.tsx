import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { useMay } from "../api/session";
import { ProblemAlert } from "../components/states";
import { FailureNote } from "./FailureNote";
import classes from "./operator.module.css";
import { failureOf, tryStored } from "./pending";
import { Streams } from "./Streams";

/** A camera's streams: their addresses, and a trial of them as they are stored. */
export function CameraStreams({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation("operator");
  const may = useMay();
  const trial = useMutation({ mutationFn: () => tryStored(camera.id) });
  const failure = failureOf(trial.error);
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
          <Button loading={trial.isPending} onClick={() => trial.mutate()}>
            {t("camera.tryNow")}
          </Button>
          <Text size="sm">{trial.isPending ? t("camera.trying") : t("camera.tryHint")}</Text>
        </Group>
      )}
      {trial.error &&
        (failure ? (
          <FailureNote failure={failure} stream={failure.stream} />
        ) : (
          <ProblemAlert problem={trial.error} />
        ))}
      {trial.data && !trial.isPending && <Streams streams={trial.data.streams} />}
    </Stack>
  );
}
