import { useElementSize } from "@mantine/hooks";
import type { Schemas } from "../../api/client";
import { CameraPane } from "./CameraPane";
import type { PlaybackClock } from "./PlaybackClock";
import classes from "./playback.module.css";
import type { Track } from "./tracks";

interface Props {
  cameras: Schemas["Camera"][];
  clock: PlaybackClock;
  tracks: Track[];
  active: string | undefined;
  onActivate: (id: string) => void;
}

/** The pictures, as large as they fit. */
export function Panes({ cameras, clock, tracks, active, onActivate }: Props) {
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
          track={tracks.find((track) => track.camera === camera.id)}
          width={Math.max(160, wide)}
          several={cameras.length > 1}
          active={cameras.length > 1 && camera.id === active}
          onActivate={() => onActivate(camera.id)}
        />
      ))}
    </div>
  );
}
