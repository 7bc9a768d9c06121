import type { KeyboardEvent, MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { usePlaces } from "../../api/session";
import { LiveVideo } from "../../components/LiveVideo";
import { awayOf } from "./useCameraStates";
import classes from "./wall.module.css";

interface Props {
  camera: Schemas["Camera"];
  state: Schemas["CameraState"] | undefined;
  large: boolean;
  alarm: boolean;
  onEnlarge: () => void;
  onKeyDown?: (event: KeyboardEvent<HTMLButtonElement>) => void;
}

/** One camera of the wall. A double click, a touch or Enter enlarges it. */
export function Tile({ camera, state, large, alarm, onEnlarge, onKeyDown }: Props) {
  const { t } = useTranslation("officer");
  const place = usePlaces().get(camera.place_id);
  const stream = large || !camera.sub_url ? "main" : "sub";
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    const touched = (event.nativeEvent as PointerEvent).pointerType === "touch";
    if (event.detail === 0 || touched) onEnlarge();
  };
  return (
    <div className={classes.tile} data-alarm={alarm} data-camera={camera.id}>
      {camera.enabled ? (
        <LiveVideo camera={camera.id} stream={stream} label={camera.name} away={awayOf(state, stream)} />
      ) : (
        <div className={classes.off}>{t("live.disabled")}</div>
      )}
      <div className={classes.name}>
        <strong>{camera.name}</strong>
        {place && <span> · {place.name}</span>}
      </div>
      <button
        type="button"
        className={classes.press}
        aria-label={large ? t("live.shrink") : t("live.enlarge", { camera: camera.name })}
        onClick={press}
        onDoubleClick={onEnlarge}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}
