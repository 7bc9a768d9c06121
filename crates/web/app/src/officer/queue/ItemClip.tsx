import { Badge } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQueries } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { Boxes } from "../../components/Boxes";
import { HlsVideo, type Player } from "../../components/HlsVideo";
import { useCameraById } from "../../components/pick";
import { clock } from "../../i18n/time";
import type { Clip, View } from "./clips";
import type { Item } from "./order";
import { PictureFrame } from "./PictureFrame";
import classes from "./queue.module.css";

interface Props {
  item: Item;
  clip: Clip;
  view: View;
  /** It is what the officer looks at; otherwise it is only made ready. */
  active: boolean;
  playing: boolean;
}

/** An item's clip at one camera, with boxes around what fired it. */
export function ItemClip({ item, clip, view, active, playing }: Props) {
  const { t } = useTranslation("officer");
  const camera = useCameraById().get(view.camera);
  const small = useMediaQuery("(max-width: 48em)", window.innerWidth <= 768);
  const player = useRef<Player>(null);
  const [transcoded, setTranscoded] = useState(false);
  // An item that goes on does not begin anew with each firing.
  const [{ from, to }] = useState(clip);

  useEffect(() => {
    const video = player.current?.video;
    if (!video) return;
    if (active && playing) void video.play().catch(() => undefined);
    else video.pause();
  }, [active, playing]);

  const events = useMemo(
    () => [
      ...new Set(
        clip.fired.flatMap((one) => (one.camera_id === view.camera && one.event_id ? [one.event_id] : [])),
      ),
    ],
    [clip, view.camera],
  );
  const found = useQueries({
    queries: events.map((id) => ({
      ...api.queryOptions("get", "/api/v1/events/{event_id}", { params: { path: { event_id: id } } }),
      enabled: active,
    })),
    combine: (answers) => answers.flatMap((one) => one.data ?? []),
  });
  const paths = useMemo(
    () => found.map(({ id, path }) => ({ id, path, alarm: item.severity === "alarm" })),
    [found, item.severity],
  );
  const now = useMemo(() => () => player.current?.now() ?? null, []);

  return (
    <div className={classes.clip} data-active={active} inert={!active}>
      <HlsVideo
        ref={player}
        camera={view.camera}
        from={from}
        to={to}
        stream={small && camera?.sub_url ? "sub" : "main"}
        label={t("item.clip", { camera: camera?.name ?? "", when: clock(clip.fired[0]?.at ?? from) })}
        muted
        loop
        autoPlay={active && playing}
        ahead={active ? 30 : 4}
        onTranscoded={() => setTranscoded(true)}
      />
      {active && paths.length > 0 && (
        <PictureFrame player={player}>
          <Boxes paths={paths} now={now} />
        </PictureFrame>
      )}
      {transcoded && (
        <Badge className={classes.corner} color="dark" variant="filled">
          {t("item.transcoded")}
        </Badge>
      )}
    </div>
  );
}
