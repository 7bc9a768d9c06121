import { Badge, Button, Group, Kbd, Select, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import {
  IconChevronLeft,
  IconChevronRight,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
  IconPlayerTrackNext,
  IconPlayerTrackPrev,
  IconRewindBackward10,
  IconRewindForward10,
  IconZoomIn,
  IconZoomOut,
  type TablerIcon,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { clock as clockOf, longDay } from "../../i18n/time";
import { type PlaybackClock, SPEEDS } from "./PlaybackClock";
import classes from "./playback.module.css";
import type { Deeds } from "./useDeeds";
import { useClockTime } from "./usePlaybackClock";

const FRACTIONS: Record<number, string> = { 0.125: "1/8", 0.25: "1/4", 0.5: "1/2" };

/** Everything that moves the clock, each with its key. */
export function Controls({ clock, deeds }: { clock: PlaybackClock; deeds: Deeds }) {
  const { t } = useTranslation(["investigator", "common"]);
  const at = useClockTime(clock, 250);
  const reached = clock.playing ? clock.reached() : undefined;
  const slow = reached !== undefined && reached < clock.speed * 0.85;
  const button = (label: string, key: string, Icon: TablerIcon, deed: () => void, filled = false) => (
    <Tooltip label={label}>
      <Button h={34} px={8} variant={filled ? "filled" : "default"} onClick={deed}>
        <Icon size={20} aria-hidden />
        <VisuallyHidden>{label}</VisuallyHidden>
        <Kbd size="xs" ml={6} visibleFrom="lg">
          {key}
        </Kbd>
      </Button>
    </Tooltip>
  );
  return (
    <Group gap="xs" justify="space-between">
      <Group gap={6}>
        {button(t("playback.previousActivity"), "⇧P", IconPlayerTrackPrev, () => deeds.toActivity(-1))}
        {button(t("playback.previousEvent"), "P", IconPlayerSkipBack, () => deeds.toEvent(-1))}
        {button(t("playback.back10"), "←", IconRewindBackward10, () => deeds.jump(-10_000))}
        {button(t("playback.frameBack"), ",", IconChevronLeft, () => deeds.frame(-1))}
        {clock.playing
          ? button(t("common:video.pause"), t("playback.space"), IconPlayerPause, deeds.toggle, true)
          : button(t("common:video.play"), t("playback.space"), IconPlayerPlay, deeds.toggle, true)}
        {button(t("playback.frameForward"), ".", IconChevronRight, () => deeds.frame(1))}
        {button(t("playback.forward10"), "→", IconRewindForward10, () => deeds.jump(10_000))}
        {button(t("playback.nextEvent"), "N", IconPlayerSkipForward, () => deeds.toEvent(1))}
        {button(t("playback.nextActivity"), "⇧N", IconPlayerTrackNext, () => deeds.toActivity(1))}
      </Group>
      <div role="timer" aria-live="off">
        <span className={classes.moment}>{clockOf(at)}</span>{" "}
        <Text span size="sm" tt="capitalize">
          {longDay(at)}
        </Text>
      </div>
      <Group gap={6}>
        {slow && (
          <Badge color="yellow.4" variant="filled" tt="none">
            {t("playback.reached", { speed: reached.toFixed(reached < 10 ? 1 : 0) })}
          </Badge>
        )}
        <Select
          w={92}
          size="sm"
          aria-label={t("playback.speed")}
          allowDeselect={false}
          value={String(clock.speed)}
          onChange={(value) => value && clock.setSpeed(Number(value))}
          data={SPEEDS.map((speed) => ({ value: String(speed), label: `${FRACTIONS[speed] ?? speed}×` }))}
        />
        {button(t("playback.timelineOut"), "−", IconZoomOut, () => deeds.zoom(2))}
        {button(t("playback.timelineIn"), "+", IconZoomIn, () => deeds.zoom(0.5))}
      </Group>
    </Group>
  );
}
