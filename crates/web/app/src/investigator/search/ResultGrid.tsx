import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { Picture } from "../../components/Picture";
import { useCameraById } from "../../components/pick";
import { clock, day, duration } from "../../i18n/time";
import { CLASS_COLOUR } from "../classes";
import classes from "./search.module.css";

interface Props {
  events: Schemas["EventAnswer"][];
  open?: string;
  onOpen: (id: string) => void;
  onEnd?: () => void;
}

const GAP = 10;
const CAPTION = 52;

/** Best pictures, as many as there are: only those in sight are in the page. */
export function ResultGrid({ events, open, onOpen, onEnd }: Props) {
  const { t } = useTranslation("investigator");
  const scroll = useRef<HTMLDivElement>(null);
  const { ref, width } = useElementSize();
  const merged = useMergedRef(scroll, ref);
  const columns = Math.max(2, Math.floor(width / 158));
  const rows = Math.ceil(events.length / columns);
  const high = ((width - GAP * (columns - 1)) / columns) * 0.75 + CAPTION;
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroll.current,
    estimateSize: () => high + GAP,
    overscan: 3,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows are measured anew when their height changes.
  useEffect(() => virtual.measure(), [high]);
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows > 0 && last >= rows - 3) onEnd?.();
  }, [last, rows, onEnd]);
  return (
    <div ref={merged} className={classes.scroll}>
      <ul
        aria-label={t("search.results")}
        style={{ height: virtual.getTotalSize(), position: "relative", margin: 0, padding: 0 }}
      >
        {shown.map((row) => (
          <li
            key={row.key}
            className={classes.row}
            style={{
              transform: `translateY(${row.start}px)`,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
              height: high,
            }}
          >
            {events.slice(row.index * columns, (row.index + 1) * columns).map((event) => (
              <ResultCard key={event.id} event={event} open={event.id === open} onOpen={onOpen} />
            ))}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface CardProps {
  event: Schemas["EventAnswer"];
  open: boolean;
  onOpen: (id: string) => void;
}

function ResultCard({ event, open, onOpen }: CardProps) {
  const { t } = useTranslation("common");
  const camera = useCameraById().get(event.camera_id)?.name ?? t("state.unknown");
  const seconds = (Date.parse(event.last_seen) - Date.parse(event.first_seen)) / 1000;
  // While something is still followed its best picture is not kept yet.
  const picture = event.has_snapshot
    ? `/api/v1/events/${event.id}/snapshot?width=320`
    : `/api/v1/cameras/${event.camera_id}/snapshot?at=${event.best.time}&width=320`;
  const { x, y, w, h } = event.best.box;
  const around = `${Math.round((x + w / 2) * 100)}% ${Math.round((y + h / 2) * 100)}%`;
  return (
    <button
      type="button"
      className={classes.card}
      data-open={open || undefined}
      onClick={() => onOpen(event.id)}
    >
      <div className={classes.picture}>
        <Picture
          src={picture}
          alt=""
          loading="lazy"
          style={event.has_snapshot ? undefined : { objectFit: "cover", objectPosition: around }}
        />
        <span className={classes.kind} style={{ background: CLASS_COLOUR[event.class] }}>
          {t(`class.${event.class}`)}
        </span>
      </div>
      <div className={classes.caption}>
        <div>
          <strong>{clock(event.first_seen)}</strong> {day(event.first_seen).slice(0, 5)} · {duration(seconds)}
        </div>
        <div>{camera}</div>
      </div>
    </button>
  );
}
