import { Alert, Grid, Group, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { useMay } from "../api/session";
import { LiveVideo } from "../components/LiveVideo";
import { said } from "../i18n";
import { moment } from "../i18n/time";
import { mainStream, standing, useCameraStates } from "./cameraStates";
import { FailureNote } from "./FailureNote";
import { number, span, useStreamFigures } from "./figures";
import classes from "./operator.module.css";
import { StateBadge } from "./StateBadge";

/** What a camera shows and how it fares; never an old picture as a new one. */
export function CameraNow({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation("operator");
  const may = useMay();
  const { byId } = useCameraStates();
  const state = byId.get(camera.id);
  const how = standing(camera, state);
  const main = mainStream(state);
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <Stack gap="xs">
          {how === "off" ? (
            <Alert color="gray">{t("camera.switchedOff")}</Alert>
          ) : !may("watch", camera.place_id) ? (
            <Alert color="gray">{t("camera.noWatch")}</Alert>
          ) : (
            <div className={classes.live}>
              <LiveVideo
                camera={camera.id}
                stream="main"
                label={t("cameras.pictureOf", { name: camera.name })}
                away={
                  how === "offline" && main ? { since: main.since, trouble: main.trouble?.kind } : undefined
                }
              />
            </div>
          )}
          {how === "offline" && main?.trouble && <FailureNote failure={main.trouble} stream="main" />}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Stack>
          {state?.streams.map((stream) => (
            <StreamPanel key={stream.stream} stream={stream} off={how === "off"} />
          ))}
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

function StreamPanel({ stream, off }: { stream: Schemas["StreamState"]; off: boolean }) {
  const { t } = useTranslation("operator");
  const figures = useStreamFigures();
  const rows = [
    [t("cameras.size"), stream.width && `${stream.width} × ${stream.height} ${stream.codec?.toUpperCase()}`],
    [t("cameras.frameRate"), stream.frame_rate && figures.fps(stream.frame_rate)],
    [t("cameras.bitRate"), stream.bit_rate && figures.bitRate(stream.bit_rate)],
    [t("camera.transport"), stream.transport?.toUpperCase()],
    [
      t("camera.clockOffset"),
      typeof stream.clock_offset === "number" ? span(Math.abs(stream.clock_offset)) : null,
    ],
    [t("camera.lost"), number(stream.frames_lost)],
    [t("camera.reconnects"), number(stream.reconnects)],
  ] as const;
  return (
    <Paper withBorder p="sm" component="section">
      <Group justify="space-between" mb={4}>
        <Title order={2} size="h5">
          {t(`add.whichStream.${stream.stream}`)}
        </Title>
        <StateBadge standing={off ? "off" : stream.online ? "online" : "offline"} />
      </Group>
      <Text size="sm">{t("cameras.since", { when: moment(stream.since) })}</Text>
      <Table verticalSpacing={2} horizontalSpacing={4} withRowBorders={false}>
        <Table.Tbody>
          {rows.map(([label, value]) => (
            <Table.Tr key={label}>
              <Table.Th fw={400}>{label}</Table.Th>
              <Table.Td>{value || "–"}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {stream.audio_dropped && (
        <Text size="sm">{t("camera.soundDropped", { why: said(stream.audio_dropped) })}</Text>
      )}
    </Paper>
  );
}
