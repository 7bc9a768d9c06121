import { Button, Group, MultiSelect, Title } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { useElementSize } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconPlayerPlay, IconRun } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../api/client";
import { useMay } from "../api/session";
import { Page } from "../components/Page";
import { plain, useCameras } from "../components/pick";
import { Answer, NothingHere, ProblemAlert } from "../components/states";
import { fromField, moment, rfc3339, toField } from "../i18n/time";
import { type Address, MOST_CAMERAS } from "./playback/address";
import { CameraPane } from "./playback/CameraPane";
import { ClipBar } from "./playback/ClipBar";
import { Controls } from "./playback/Controls";
import classes from "./playback/playback.module.css";
import { centred, shifted, tile, zoomed } from "./playback/scale";
import { Timeline } from "./playback/Timeline";
import { neighbourActivity, neighbourEvent, type Span, type Track } from "./playback/tracks";
import { type Deeds, useKeys } from "./playback/useDeeds";
import { useClockTime, usePlaybackClock } from "./playback/usePlaybackClock";
import { useTracks } from "./playback/useTracks";

const MovedPanel = lazy(() => import("./playback/MovedPanel"));
const route = getRouteApi("/playback");
const SPAN = 3600;

/** Several cameras in one time. */
export function PlaybackPage() {
  const { t } = useTranslation(["investigator", "common"]);
  useEffect(() => {
    document.title = `${t("playback.title")} – ${t("common:app.name")}`;
  }, [t]);
  const cameras = useCameras();
  const may = useMay();
  if (!may("review"))
    return (
      <Page title={t("playback.title")} needs="review">
        {null}
      </Page>
    );
  return (
    <div className={classes.page}>
      <Answer of={cameras}>{(known) => <Choice cameras={known.items} />}</Answer>
    </div>
  );
}

function Choice({ cameras }: { cameras: Schemas["Camera"][] }) {
  const { t } = useTranslation(["investigator", "common"]);
  const address = route.useSearch();
  const navigate = route.useNavigate();
  const may = useMay();
  const chosen = (address.cameras ?? []).flatMap((id) => cameras.find((one) => one.id === id) ?? []);
  const change = useCallback(
    (changed: Partial<Address>) =>
      void navigate({ search: (before: Address) => ({ ...before, ...changed }), replace: true }),
    [navigate],
  );
  const head = (
    <>
      <Title order={1} size="h2">
        {t("playback.title")}
      </Title>
      <MultiSelect
        aria-label={t("playback.cameras")}
        placeholder={chosen.length === 0 ? t("playback.pick") : undefined}
        data={cameras
          .filter((camera) => may("review", camera.place_id))
          .map((camera) => ({ value: camera.id, label: camera.name }))}
        value={chosen.map((camera) => camera.id)}
        onChange={(ids) => change({ cameras: ids })}
        maxValues={MOST_CAMERAS}
        searchable
        hidePickedOptions
        filter={({ options, search }) =>
          options.filter((one) => "label" in one && plain(one.label).includes(plain(search)))
        }
        flex={1}
        miw={220}
      />
    </>
  );
  if (chosen.length === 0)
    return (
      <>
        <Group>{head}</Group>
        <NothingHere
          icon={<IconPlayerPlay size={44} stroke={1.2} aria-hidden />}
          title={t("playback.none")}
          hint={t("playback.noneHint", { count: MOST_CAMERAS })}
        />
      </>
    );
  return <Player head={head} cameras={chosen} address={address} change={change} />;
}

interface PlayerProps {
  head: React.ReactNode;
  cameras: Schemas["Camera"][];
  address: Address;
  change: (changed: Partial<Address>) => void;
}

const SLOT = 10 * 60_000;
const UNKNOWN: Track[] = [];

function Player({ head, cameras, address, change }: PlayerProps) {
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

  // The address follows the clock, and the clock an address that came from elsewhere.
  const written = useRef(address.at);
  useEffect(() => {
    const write = () => {
      const now = rfc3339(Math.round(clock.at()));
      if (now === written.current) return;
      written.current = now;
      change({ at: now });
    };
    let soon: ReturnType<typeof setTimeout> | undefined;
    const stop = clock.subscribe(() => {
      clearTimeout(soon);
      soon = setTimeout(write, 300);
    });
    const timer = setInterval(() => clock.playing && write(), 5000);
    return () => {
      stop();
      clearInterval(timer);
      clearTimeout(soon);
    };
  }, [clock, change]);
  useEffect(() => {
    if (!address.at || address.at === written.current) return;
    written.current = address.at;
    clock.seek(Date.parse(address.at));
    setView((before) => centred(Date.parse(address.at ?? ""), (before.to - before.from) / 1000));
  }, [address.at, clock]);
  const span = Math.round((view.to - view.from) / 1000);
  useEffect(() => {
    const soon = setTimeout(() => change({ span }), 500);
    return () => clearTimeout(soon);
  }, [span, change]);

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
        <DateTimePicker
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
        <Panes cameras={cameras} clock={clock} near={near} active={current?.id} onActivate={setActive} />
        {moved && cameras.length === 1 && current && (
          <Suspense>
            <MovedPanel
              camera={current.id}
              view={view}
              at={at}
              onSeek={(to) => go(to, "")}
              onClose={() => setMoved(false)}
            />
          </Suspense>
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

interface PanesProps {
  cameras: Schemas["Camera"][];
  clock: ReturnType<typeof usePlaybackClock>;
  near: ReturnType<typeof useTracks>;
  active: string | undefined;
  onActivate: (id: string) => void;
}

/** The pictures, as large as they fit. */
function Panes({ cameras, clock, near, active, onActivate }: PanesProps) {
  const { ref, width, height } = useElementSize();
  const sizes = cameras.map((_, index) => {
    const [columns, rows] = [index + 1, Math.ceil(cameras.length / (index + 1))];
    const high = (Math.max(height, 200) - 6 * (rows - 1)) / rows;
    return Math.min((width - 6 * (columns - 1)) / columns, high * (16 / 9));
  });
  const wide = Math.floor(Math.max(...sizes));
  return (
    <div ref={ref} className={classes.panes}>
      {cameras.map((camera) => (
        <CameraPane
          key={camera.id}
          camera={{ id: camera.id, name: camera.name, hasSub: Boolean(camera.sub_url) }}
          clock={clock}
          track={near.tracks.find((track) => track.camera === camera.id)}
          width={Math.max(160, wide)}
          several={cameras.length > 1}
          active={cameras.length > 1 && camera.id === active}
          onActivate={() => onActivate(camera.id)}
        />
      ))}
    </div>
  );
}
