import { Anchor, Button, Group, Kbd, Text } from "@mantine/core";
import { IconCamera, IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { ProblemAlert } from "../../components/states";
import { clock as clockOf, duration, rfc3339, toField } from "../../i18n/time";
import { AddToCase } from "../cases/AddToCase";
import type { PlaybackClock } from "./PlaybackClock";
import type { Span } from "./tracks";
import type { Deeds } from "./useDeeds";
import { useClockTime } from "./usePlaybackClock";

interface Props {
  camera: Schemas["Camera"];
  clock: PlaybackClock;
  marks: Partial<Span>;
  onClear: () => void;
  deeds: Deeds;
}

/** What is taken along: a stretch between two marks as a clip, or the picture of the moment. */
export function ClipBar({ camera, clock, marks, onClear, deeds }: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  const may = useMay();
  const at = rfc3339(Math.round(useClockTime(clock, 500)));
  const { from, to } = marks;
  const clip =
    from !== undefined && to !== undefined && to > from
      ? { from: rfc3339(Math.round(from)), to: rfc3339(Math.round(to)) }
      : undefined;
  const mayExport = may("export", camera.place_id);
  const query = new URLSearchParams(clip ?? {}).toString();
  return (
    <Group gap="xs">
      {mayExport && (
        <>
          <Button size="xs" variant="default" rightSection={<Kbd size="xs">I</Kbd>} onClick={deeds.markIn}>
            {t("playback.markIn")}
            {from !== undefined && `: ${clockOf(from)}`}
          </Button>
          <Button size="xs" variant="default" rightSection={<Kbd size="xs">O</Kbd>} onClick={deeds.markOut}>
            {t("playback.markOut")}
            {to !== undefined && `: ${clockOf(to)}`}
          </Button>
        </>
      )}
      {mayExport && clip && from !== undefined && to !== undefined && (
        <>
          <Text size="sm" fw={600}>
            {t("playback.clipLength", { length: duration((to - from) / 1000) })}
          </Text>
          <ClipFacts camera={camera.id} clip={clip} />
          <Button
            size="xs"
            leftSection={<IconDownload size={16} aria-hidden />}
            component="a"
            href={`/api/v1/cameras/${camera.id}/clip?${query}`}
            download
          >
            {t("playback.download")}
          </Button>
          <Button size="xs" variant="subtle" onClick={onClear}>
            {t("playback.clearMarks")}
          </Button>
        </>
      )}
      {from !== undefined && to !== undefined && to <= from && (
        <Text size="sm" c="red.8">
          {t("playback.marksOrder")}
        </Text>
      )}
      <Group gap="xs" ml="auto">
        {mayExport && (
          <AddToCase
            size="xs"
            label={t(clip ? "playback.addClip" : "playback.addPicture")}
            content={() =>
              clip
                ? { type: "clip", camera_id: camera.id, ...clip }
                : { type: "picture", camera_id: camera.id, at: rfc3339(Math.round(clock.at())) }
            }
            place={camera.place_id}
          />
        )}
        <Anchor
          size="sm"
          href={`/api/v1/cameras/${camera.id}/snapshot?at=${at}`}
          download={`${camera.name} ${toField(at).replaceAll(":", "-")}.jpg`}
        >
          <Group gap={4} wrap="nowrap">
            <IconCamera size={16} aria-hidden />
            {t("playback.savePicture")}
          </Group>
        </Anchor>
      </Group>
    </Group>
  );
}

function ClipFacts({ camera, clip }: { camera: string; clip: { from: string; to: string } }) {
  const { t } = useTranslation("investigator");
  const plan = api.useQuery("get", "/api/v1/cameras/{camera_id}/clip/plan", {
    params: { path: { camera_id: camera }, query: clip },
  });
  if (plan.error) return <ProblemAlert problem={plan.error} />;
  if (!plan.data) return null;
  const { bytes, gaps } = plan.data;
  const missing = gaps.reduce((sum, gap) => sum + Date.parse(gap.to) - Date.parse(gap.from), 0);
  return (
    <Text size="sm">
      {t("playback.size", { size: (bytes / 1e6).toFixed(1) })}
      {gaps.length > 0 &&
        `, ${t("playback.clipGaps", { count: gaps.length, length: duration(missing / 1000) })}`}
    </Text>
  );
}
