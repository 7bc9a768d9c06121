import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { IconArrowBackUp, IconEraser, IconPlus } from "@tabler/icons-react";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { type Backdrop, ShapeDrawing } from "./ShapeDrawing";
import classes from "./shape.module.css";
import { crossesItself, type PicturePoint, POINTS, type ShapeKind, within } from "./shapes";

interface Props {
  kind: ShapeKind;
  points: PicturePoint[];
  onChange: (points: PicturePoint[]) => void;
  /** What is drawn, for who cannot see it. */
  label: string;
  /** The picture; the shape lies over it. */
  children: ReactNode;
  /** Which way over a line counts. */
  direction?: "any" | "to_right" | "to_left";
  /** Other shapes, for orientation. */
  backdrop?: Backdrop[];
}

const ARROWS: Record<string, PicturePoint> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Draws a zone, a line, four corners or an arrow on a picture, by pointer or keyboard. */
export function ShapeEditor({ kind, points, onChange, label, children, direction, backdrop = [] }: Props) {
  const { t } = useTranslation("operator");
  const { ref, width, height } = useElementSize();
  const box = useRef<HTMLElement>(null);
  const frame = useMergedRef(ref, box);
  const past = useRef<PicturePoint[][]>([]);
  const handles = useRef<(HTMLButtonElement | null)[]>([]);
  const { least, most } = POINTS[kind];
  const closed = kind === "polygon" || kind === "quad";

  const remember = () => past.current.push(points);
  const set = (next: PicturePoint[]) => {
    remember();
    onChange(next);
  };
  const undo = () => {
    const before = past.current.pop();
    if (before) onChange(before);
  };
  const move = (place: number, to: PicturePoint) =>
    onChange(points.map((point, at) => (at === place ? within(to) : point)));
  const insert = (place: number, point: PicturePoint) => {
    set(points.toSpliced(place, 0, within(point)));
    requestAnimationFrame(() => handles.current[place]?.focus());
  };
  const remove = (place: number) => {
    set(points.toSpliced(place, 1));
    requestAnimationFrame(() => handles.current[Math.max(0, place - 1)]?.focus());
  };
  const at = (event: PointerEvent | React.MouseEvent): PicturePoint => {
    const area = box.current?.getBoundingClientRect();
    return area
      ? [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height]
      : [0, 0];
  };
  const keys = (place: number) => (event: KeyboardEvent) => {
    const way = ARROWS[event.key];
    const point = points[place];
    if (way && point) {
      const step = event.shiftKey ? 0.05 : 0.005;
      if (!event.repeat) remember();
      move(place, [point[0] + way[0] * step, point[1] + way[1] * step]);
    } else if (event.key === "Delete" || event.key === "Backspace") remove(place);
    else return;
    event.preventDefault();
  };
  const full = points.length >= most;
  return (
    <Stack
      gap="xs"
      onKeyDown={(event) => {
        if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
          event.preventDefault();
          undo();
        }
      }}
    >
      <Text size="sm">{t(`shape.hint.${kind}`)}</Text>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a button adds points as well. */}
      <section
        ref={frame}
        className={classes.picture}
        data-full={full}
        aria-label={label}
        onClick={(event) => {
          if (!full && !(event.target as Element).closest("button")) insert(points.length, at(event));
        }}
      >
        {children}
        <ShapeDrawing {...{ kind, points, direction, backdrop, width, height }} />
        {closed &&
          points.length > 2 &&
          !full &&
          points.map((point, place) => {
            const next = points[(place + 1) % points.length] ?? point;
            const middle: PicturePoint = [(point[0] + next[0]) / 2, (point[1] + next[1]) / 2];
            return (
              <button
                key={`${point.join()} ${next.join()}`}
                type="button"
                className={classes.between}
                style={{ left: `${middle[0] * 100}%`, top: `${middle[1] * 100}%` }}
                aria-label={t("shape.between", { n: place + 1 })}
                onClick={() => insert(place + 1, middle)}
              />
            );
          })}
        {points.map((point, place) => (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: a point is its place in the shape.
            key={place}
            ref={(element) => {
              handles.current[place] = element;
            }}
            type="button"
            className={classes.handle}
            style={{ left: `${point[0] * 100}%`, top: `${point[1] * 100}%` }}
            aria-label={t("shape.corner", {
              n: place + 1,
              x: Math.round(point[0] * 100),
              y: Math.round(point[1] * 100),
            })}
            onKeyDown={keys(place)}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              remember();
            }}
            onPointerMove={(event) => {
              if (event.currentTarget.hasPointerCapture(event.pointerId)) move(place, at(event));
            }}
          >
            {place + 1}
          </button>
        ))}
      </section>
      <Group gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          disabled={full}
          onClick={() => insert(points.length, [0.3 + (points.length % 3) * 0.2, 0.3 + points.length * 0.07])}
        >
          {t("shape.add")}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconArrowBackUp size={14} aria-hidden />}
          onClick={undo}
        >
          {t("shape.undo")}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconEraser size={14} aria-hidden />}
          disabled={points.length === 0}
          onClick={() => set([])}
        >
          {t("shape.clear")}
        </Button>
        <Text size="sm">{t("shape.keys")}</Text>
      </Group>
      <div role="status">
        {points.length < least && <Text size="sm">{t("shape.fewer", { count: least - points.length })}</Text>}
        {closed && crossesItself(points) && <Alert color="red">{t("shape.crossing")}</Alert>}
      </div>
    </Stack>
  );
}
