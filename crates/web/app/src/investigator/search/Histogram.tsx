import { Group, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type PointerEvent, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { clock, day, hourMinute } from "../../i18n/time";
import { CLASS_COLOUR } from "../classes";
import { CLASSES, type Period } from "./filter";
import { histogram } from "./histogram";
import classes from "./search.module.css";

interface Props {
  events: Schemas["Event"][];
  /** All that there are, where the server has counted them. */
  counted?: Schemas["ColumnCount"][];
  period: Period;
  /** Earlier than this nothing was fetched yet. */
  known: number;
  onNarrow: (period: Period) => void;
}

const HEIGHT = 72;

/** When it was seen, by class. A column or a stretch of them narrows the search. */
export function Histogram({ events, counted, period, known, onNarrow }: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  const { ref, width } = useElementSize();
  const columns = useMemo(
    () => histogram(counted?.map((one) => ({ ...one, first_seen: one.from })) ?? events, period),
    [counted, events, period],
  );
  const [drag, setDrag] = useState<[number, number]>();
  const highest = Math.max(1, ...columns.map((one) => one.total));
  const wide = width / Math.max(1, columns.length);
  const long = period.to - period.from > 36 * 3_600_000;
  const shown = CLASSES.filter((one) => columns.some((column) => column.counts.has(one)));
  const narrow = (a: number, b: number) => {
    const [first, last] = [columns[Math.min(a, b)], columns[Math.max(a, b)]];
    if (first && last)
      onNarrow({ from: Math.max(first.from, period.from), to: Math.min(last.to, period.to) });
  };
  const place = (event: PointerEvent<HTMLElement>) => {
    const into = event.clientX - event.currentTarget.getBoundingClientRect().left;
    return Math.max(0, Math.min(columns.length - 1, Math.floor(into / wide)));
  };
  const covered = columns.filter((column) => column.to <= known).length;
  return (
    <section aria-label={t("search.timeline")}>
      <div
        ref={ref}
        className={classes.histogram}
        style={{ height: HEIGHT }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([place(event), place(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], place(event)])}
        onPointerUp={() => {
          if (drag) narrow(...drag);
          setDrag(undefined);
        }}
        onPointerCancel={() => setDrag(undefined)}
      >
        {columns.map((column, index) => {
          let top = HEIGHT;
          const label = `${long ? `${day(column.from)} ` : ""}${clock(column.from)} – ${clock(column.to)}: ${t("search.found", { count: column.total })}`;
          const chosen = drag && index >= Math.min(...drag) && index <= Math.max(...drag);
          return (
            <button
              key={column.from}
              type="button"
              className={classes.column}
              data-chosen={chosen || undefined}
              style={{ width: wide, left: index * wide }}
              title={label}
              aria-label={label}
              tabIndex={column.total ? 0 : -1}
              onKeyDown={(event) => {
                if (event.key === "Enter" || event.key === " ") narrow(index, index);
              }}
            >
              <svg width="100%" height={HEIGHT} aria-hidden>
                {shown.map((one) => {
                  const high = ((column.counts.get(one) ?? 0) / highest) * (HEIGHT - 6);
                  top -= high;
                  return (
                    <rect
                      key={one}
                      x={0}
                      y={top}
                      width={Math.max(1, wide - 1)}
                      height={high}
                      fill={CLASS_COLOUR[one]}
                    />
                  );
                })}
              </svg>
            </button>
          );
        })}
        {covered > 0 && (
          <div className={classes.unknown} style={{ width: covered * wide }}>
            {covered * wide > 160 && t("search.notCounted")}
          </div>
        )}
      </div>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="xs">{long ? `${hourMinute(period.from)} ${day(period.from)}` : clock(period.from)}</Text>
        <Group gap="sm" visibleFrom="xs">
          {shown.map((one) => (
            <Group key={one} gap={4} wrap="nowrap">
              <span className={classes.swatch} style={{ background: CLASS_COLOUR[one] }} />
              <Text size="xs">{t(`common:class.${one}`)}</Text>
            </Group>
          ))}
        </Group>
        <Text size="xs">{long ? `${hourMinute(period.to)} ${day(period.to)}` : clock(period.to)}</Text>
      </Group>
    </section>
  );
}
