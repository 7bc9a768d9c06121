import { type KeyboardEvent, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { type Layout, neighbour } from "./search";
import { Tile } from "./Tile";
import classes from "./wall.module.css";

interface Props {
  layout: Layout;
  cameras: Schemas["Camera"][];
  states: Map<string, Schemas["CameraState"]>;
  /** The camera that fills the wall. */
  large?: string;
  alarmed: ReadonlySet<string>;
  onLarge: (camera: string | undefined) => void;
}

/** The pictures of a wall; arrows move between them. */
export function WallGrid({ layout, cameras, states, large, alarmed, onLarge }: Props) {
  const { t } = useTranslation("officer");
  const grid = useRef<HTMLElement>(null);
  const enlarged = cameras.find((camera) => camera.id === large);
  const shown = enlarged ? [enlarged] : cameras;
  const move = (at: number) => (event: KeyboardEvent) => {
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const tiles = grid.current?.querySelectorAll<HTMLButtonElement>("button[aria-label]");
    tiles?.[neighbour(at, event.key, layout, tiles.length)]?.focus();
  };
  return (
    <section
      ref={grid}
      className={classes.grid}
      aria-label={t("live.wall")}
      data-layout={enlarged ? 1 : layout}
    >
      {shown.map((camera, at) => (
        <Tile
          key={camera.id}
          camera={camera}
          state={states.get(camera.id)}
          large={Boolean(enlarged) || layout === 1 || (layout === 6 && at === 0)}
          alarm={alarmed.has(camera.id)}
          onEnlarge={() => onLarge(enlarged || layout === 1 ? undefined : camera.id)}
          onKeyDown={move(at)}
        />
      ))}
    </section>
  );
}
