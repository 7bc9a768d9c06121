import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../api/client";
import { useMay } from "../api/session";
import { Answer, NothingHere, ProblemAlert } from "../components/states";
import { moment } from "../i18n/time";
import { confirmRemoval } from "./confirm";
import { LivePicture } from "./LivePicture";
import classes from "./quiet.module.css";
import { Thumb } from "./Thumb";

type Spot = Schemas["QuietSpotAnswer"];

/** What a camera has learnt not to flag: where in the picture, by which examples; and undoing it. */
export function CameraQuiet({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const may = useMay();
  const allowed = may("review", camera.place_id);
  const asked = api.useQuery(
    "get",
    "/api/v1/cameras/{camera_id}/quiet",
    { params: { path: { camera_id: camera.id } } },
    { enabled: allowed },
  );
  const forget = api.useMutation("delete", "/api/v1/quiet/{quiet_id}");
  if (!allowed) return <Text>{t("quiet.noRight")}</Text>;
  const undo = (spot: Spot) =>
    confirmRemoval(t(`common:class.${spot.class}`), t("quiet.forgetWhat"), () =>
      forget.mutate(
        { params: { path: { quiet_id: spot.id } } },
        {
          onSuccess: async () => {
            notifications.show({ message: t("quiet.forgotten") });
            await queryClient.invalidateQueries();
          },
        },
      ),
    );
  return (
    <Answer of={asked}>
      {({ items }) =>
        items.length === 0 ? (
          <NothingHere title={t("quiet.none")} hint={t("quiet.noneHint")} />
        ) : (
          <Stack>
            {forget.error && <ProblemAlert problem={forget.error} />}
            {may("watch", camera.place_id) && (
              <div className={classes.frame}>
                <LivePicture camera={camera.id} label={t("quiet.picture")} />
                <svg viewBox="0 0 1 1" preserveAspectRatio="none" className={classes.overlay} aria-hidden>
                  {items.flatMap((spot) =>
                    spot.examples.map((example) => (
                      <rect
                        key={example.firing_id}
                        x={example.box.x}
                        y={example.box.y}
                        width={example.box.w}
                        height={example.box.h}
                        data-active={Boolean(spot.active_since)}
                      />
                    )),
                  )}
                </svg>
                {items.map(
                  (spot, place) =>
                    spot.likeness && (
                      <span
                        key={spot.id}
                        className={classes.number}
                        style={{
                          left: `${(spot.likeness.foot[0] ?? 0) * 100}%`,
                          top: `${(spot.likeness.foot[1] ?? 0) * 100}%`,
                        }}
                        aria-hidden
                      >
                        {place + 1}
                      </span>
                    ),
                )}
              </div>
            )}
            {items.map((spot, place) => (
              <Paper key={spot.id} withBorder p="sm" component="section">
                <Group justify="space-between" align="flex-start">
                  <div>
                    <Title order={2} size="h5">
                      {t("quiet.spot", { n: place + 1 })}: {t(`common:class.${spot.class}`)}
                    </Title>
                    <Text size="sm">
                      {spot.active_since
                        ? t("quiet.active", { when: moment(spot.active_since) })
                        : t("quiet.learning", { dismissed: spot.dismissed, needed: spot.needed })}
                      {spot.likeness &&
                        ` · ${t("quiet.around", { when: wallClock(spot.likeness.minute_of_day) })}`}
                      {` · ${t("quiet.suppressed", { count: spot.suppressed })}`}
                    </Text>
                  </div>
                  {may("decide", camera.place_id) && (
                    <Button variant="default" loading={forget.isPending} onClick={() => undo(spot)}>
                      {t("quiet.forget")}
                    </Button>
                  )}
                </Group>
                <Group mt="xs" gap="xs">
                  {spot.examples.map((example) => (
                    <Thumb
                      key={example.firing_id}
                      src={example.event_id ? `/api/v1/events/${example.event_id}/snapshot` : null}
                      alt={t("quiet.example", { when: moment(example.at) })}
                    />
                  ))}
                </Group>
              </Paper>
            ))}
          </Stack>
        )
      }
    </Answer>
  );
}

function wallClock(minutes: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${two(minutes / 60)}:${two(minutes % 60)}`;
}
