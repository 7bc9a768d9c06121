import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconRun } from "@tabler/icons-react";
import { lazy, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { DateTimeInput } from "../../components/DateTimeInput";
import { Later } from "../../components/Later";
import { ProblemAlert } from "../../components/states";
import { fromField, moment, toField } from "../../i18n/time";
import type { Address } from "./address";
import { ClipBar } from "./ClipBar";
import { Controls } from "./Controls";
import { Panes } from "./Panes";
import classes from "./playback.module.css";
import { centred, shifted, tile, zoomed } from "./scale";
import { Timeline } from "./Timeline";
import { neighbourActivity, neighbourEvent, type Span, type Track } from "./tracks";
import { useAddress } from "./useAddress";
import { type Deeds, useKeys } from "./useDeeds";
import { useClockTime, usePlaybackClock } from "./usePlaybackClock";
import { useTracks } from "./useTracks";

const MovedPanel = lazy(() => import("./MovedPanel"));
const SPAN = 3600;

interface Props {
  /** What stands before the moment in the first line. */
  head: ReactNode;
  cameras: Schemas["Camera"][];
  address: Address;
  change: (changed: Partial<Address>) => void;
}

/** Around the clock all is known exactly, in slots of this length. */
const SLOT = 5 * 60_000;
const UNKNOWN: Track[] = [];

/** The clock of the page, the pictures that follow it, and the timeline. */
export function Player({ head, cameras, address, change }: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  const [start] = useState(() => (address.at ? Date.parse(address.at) : Date.now() - 60_000));
  const [view, setView] = useState(() => centred(start, address.span ?? SPAN));
  const [slot, setSlot] = useState(() => Math.floor(start / SLOT) * SLOT);
  const [marks, setMarks] = useState<Partial<Span>>({});
  const [active, setActive] = useState<string>();
  const [moved, setMoved] = useState(false);
  const ids = useMemo(() => cameras.map((camera) => camera.id), [cameras]);
  const known = useTracks(ids, tile(view), true);
  const near = useTracks(ids, { from: slot - SLOT, to: slot + 2 * SLOT });
  const onEnd = useCallback(() => notifications.show({ message: t("playback.ended") }), [t]);
  const clock = usePlaybackClock(start, near.pending ? UNKNOWN : near.tracks, onEnd);
  const at = useClockTime(clock, 500);
  useEffect(() => setSlot(Math.floor(at / SLOT) * SLOT), [at]);
  const { data: states } = api.useQuery("get", "/api/v1/cameras/states", {}, { staleTime: 60_000 });
  const current = cameras.find((camera) => camera.id === active) ?? cameras[0];

  const span = Math.round((view.to - view.from) / 1000);
  const toMoment = useCallback(
    (to: number) => setView((before) => centred(to, (before.to - before.from) / 1000)),
    [],
  );
  useAddress(clock, address, change, span, toMoment);

  // The view goes along with the clock once it leaves it by playing.
  const last = useRef(at);
  useEffect(() => {
    const before = last.current;
    last.current = at;
    if (at > view.to && before <= view.to) setView(shifted(view, (view.to - view.from) * 0.8));
  }, [at, view]);

  const go = (to: number | null, none: string) => {
    if (to === null) notifications.show({ message: none });
    else {
      clock.seek(to);
      if (to < view.from || to > view.to) setView(centred(to, span));
    }
  };
  const all = [...near.tracks, ...known.tracks];
  const deeds: Deeds = {
    toggle: () => (clock.playing ? clock.pause() : clock.play()),
    jump: (by) => go(clock.at() + by, ""),
    frame: (way) => {
      const rate = states?.items
        .find((state) => state.camera_id === current?.id)
        ?.streams.find((stream) => stream.stream === "main")?.frame_rate;
      clock.pause();
      clock.seek(clock.at() + (way * 1000) / (rate || 15));
    },
    toEvent: (way) =>
      go(
        neighbourEvent(near.tracks, clock.at(), way) ?? neighbourEvent(all, clock.at(), way),
        t("playback.noEvent"),
      ),
    toActivity: (way) => go(neighbourActivity(all, clock.at(), way), t("playback.noActivity")),
    zoom: (factor) => setView((before) => zoomed(before, factor, clock.at())),
    markIn: () => setMarks((before) => ({ ...before, from: clock.at() })),
    markOut: () => setMarks((before) => ({ ...before, to: clock.at() })),
  };
  useKeys(clock, deeds);
  const error = known.error ?? near.error;
  return (
    <>
      <Group gap="sm">
        {head}
        <DateTimeInput
          aria-label={`${t("playback.goTo")}: ${moment(at)}`}
          valueFormat="HH:mm:ss DD/MM/YYYY"
          withSeconds
          w={210}
          value={toField(Math.floor(at / 1000) * 1000)}
          onChange={(value) => value && go(Date.parse(fromField(value)), "")}
        />
        {cameras.length === 1 && (
          <Button
            variant={moved ? "filled" : "default"}
            leftSection={<IconRun size={18} aria-hidden />}
            aria-pressed={moved}
            onClick={() => setMoved(!moved)}
          >
            {t("moved.title")}
          </Button>
        )}
      </Group>
      {error != null && <ProblemAlert problem={error} />}
      <div className={classes.stage}>
        <Panes
          cameras={cameras}
          clock={clock}
          tracks={near.tracks}
          active={current?.id}
          onActivate={setActive}
        />
        {moved && cameras.length === 1 && current && (
          <Later>
            <MovedPanel
              camera={current.id}
              view={view}
              at={at}
              onSeek={(to) => go(to, "")}
              onClose={() => setMoved(false)}
            />
          </Later>
        )}
      </div>
      <Controls clock={clock} deeds={deeds} />
      <Timeline
        cameras={cameras}
        tracks={known.tracks}
        view={view}
        onView={setView}
        clock={clock}
        marks={marks}
        onRemove={(id) => change({ cameras: ids.filter((one) => one !== id) })}
      />
      {current && (
        <ClipBar camera={current} clock={clock} marks={marks} onClear={() => setMarks({})} deeds={deeds} />
      )}
    </>
  );
}
