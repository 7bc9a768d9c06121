import { Checkbox, Group, Table, Text, Title } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { usePlaces } from "../../api/session";
import { placePath, useCameras } from "../../components/pick";
import { Answer, NothingHere, ProblemAlert } from "../../components/states";
import { said } from "../../i18n";
import { moment } from "../../i18n/time";
import { mainStream, standing, useCameraStates } from "../cameraStates";
import { number, span, useStreamFigures } from "../figures";
import { LinkAnchor } from "../links";
import classes from "../operator.module.css";
import { StateBadge } from "../StateBadge";

/** Slower is seen as jerks, and fast objects are missed. */
const LOW_RATE = 8;
/** Further off, times of events mislead. */
const WRONG_CLOCK = 5;

/** Every camera: whether it works, how it comes in, what is missing, and what to do. */
export function CameraHealth() {
  const { t } = useTranslation("operator");
  const { trouble: onlyTrouble = false } = useSearch({ from: "/health" });
  const navigate = useNavigate({ from: "/health" });
  const places = usePlaces();
  const figures = useStreamFigures();
  const cameras = useCameras();
  const states = useCameraStates();
  const lately = api.useQuery("get", "/api/v1/cameras/health", {}, { refetchInterval: 30_000 });
  const rows = (cameras.data?.items ?? []).map((camera) => {
    const state = states.byId.get(camera.id);
    const main = mainStream(state);
    const how = standing(camera, state);
    const troubles: string[] = [];
    if (how === "offline" && main?.trouble)
      troubles.push(`${said(main.trouble.message)}. ${said(main.trouble.remedy)}`);
    const drift = Math.abs(main?.clock_offset ?? 0);
    if (drift > WRONG_CLOCK) troubles.push(t("health.clockWrong", { span: span(drift) }));
    if (main?.online && main.frame_rate && main.frame_rate < LOW_RATE)
      troubles.push(t("health.lowRate", { fps: figures.fps(main.frame_rate) }));
    if (main?.frames_lost) troubles.push(t("health.lostFrames", { count: main.frames_lost }));
    return {
      camera,
      main,
      how,
      troubles,
      lately: lately.data?.items.find((one) => one.camera_id === camera.id),
    };
  });
  const shown = onlyTrouble ? rows.filter((row) => row.how === "offline" || row.troubles.length > 0) : rows;
  return (
    <section aria-labelledby="cameras">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="cameras">
          {t("health.cameras")}:{" "}
          {t("health.summary", {
            online: rows.filter((row) => row.how === "online").length,
            all: rows.length,
          })}
        </Title>
        <Checkbox
          label={t("health.onlyTrouble")}
          checked={onlyTrouble}
          onChange={(event) =>
            void navigate({ search: { trouble: event.currentTarget.checked || undefined }, replace: true })
          }
        />
      </Group>
      {lately.error && <ProblemAlert problem={lately.error} />}
      <Answer of={cameras}>
        {() =>
          shown.length === 0 ? (
            <NothingHere title={t("health.noTrouble")} hint={t("health.noTroubleHint")} />
          ) : (
            <Table.ScrollContainer minWidth={1080}>
              <Table verticalSpacing="xs">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("cameras.name")}</Table.Th>
                    <Table.Th>{t("cameras.state")}</Table.Th>
                    <Table.Th>{t("cameras.frameRate")}</Table.Th>
                    <Table.Th>{t("cameras.bitRate")}</Table.Th>
                    <Table.Th>{t("health.gapsDay")}</Table.Th>
                    <Table.Th>{t("health.behind")}</Table.Th>
                    <Table.Th>{t("health.clock")}</Table.Th>
                    <Table.Th>{t("health.lost")}</Table.Th>
                    <Table.Th>{t("health.trouble")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {shown.map(({ camera, main, how, troubles, lately }) => (
                    <Table.Tr key={camera.id}>
                      <Table.Td>
                        <LinkAnchor
                          to="/cameras/$cameraId"
                          params={{ cameraId: camera.id }}
                          search={{ tab: "gaps" }}
                          fw={600}
                        >
                          {camera.name}
                        </LinkAnchor>
                        <Text size="xs" c="dimmed">
                          {placePath(places, camera.place_id)}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        <StateBadge standing={how} />
                        {main && (
                          <Text size="xs" c="dimmed" className={classes.figure}>
                            {t("cameras.since", { when: moment(main.since) })}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td className={classes.figure}>
                        {main?.online && main.frame_rate ? figures.fps(main.frame_rate) : "–"}
                      </Table.Td>
                      <Table.Td className={classes.figure}>
                        {main?.online && main.bit_rate ? figures.bitRate(main.bit_rate) : "–"}
                      </Table.Td>
                      <Table.Td>
                        {!lately
                          ? "–"
                          : lately.recording_gaps.count === 0
                            ? t("health.noGaps")
                            : t("health.gapCount", {
                                count: lately.recording_gaps.count,
                                span: span(lately.recording_gaps.seconds),
                              })}
                        {lately?.recording_gaps.by_reason.map(({ reason }) => (
                          <Text key={reason} size="xs" c="dimmed">
                            {t(`gaps.reason.${reason}`)}
                          </Text>
                        ))}
                      </Table.Td>
                      <Table.Td className={classes.figure}>
                        {!lately
                          ? "–"
                          : lately.analysis_gap_seconds > 0
                            ? span(lately.analysis_gap_seconds)
                            : t("health.noGaps")}
                      </Table.Td>
                      <Table.Td className={classes.figure}>
                        {typeof main?.clock_offset === "number" ? span(Math.abs(main.clock_offset)) : "–"}
                      </Table.Td>
                      <Table.Td className={classes.figure}>{main ? number(main.frames_lost) : "–"}</Table.Td>
                      <Table.Td maw={360}>
                        {troubles.map((words) => (
                          <Text key={words} size="sm">
                            {words}
                          </Text>
                        ))}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Answer>
    </section>
  );
}
