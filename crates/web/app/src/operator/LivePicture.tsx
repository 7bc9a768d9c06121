import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { moment } from "../i18n/time";
import classes from "./live.module.css";
import { useLivePicture } from "./livePicture";

interface Props {
  camera: string;
  label: string;
  /** Milliseconds between two pictures; one picture only without it. */
  everyMs?: number | null;
}

/** What a camera shows now, renewed every few seconds, with the time of the picture. */
export function LivePicture({ camera, label, everyMs = null }: Props) {
  const { t } = useTranslation(["operator", "common"]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useLivePicture(canvas, camera, everyMs);
  const shape = shown.is === "picture" ? `${shown.width} / ${shown.height}` : "16 / 9";
  return (
    <div className={classes.frame} style={{ aspectRatio: shape }}>
      <canvas
        ref={canvas}
        className={classes.canvas}
        role="img"
        aria-label={label}
        hidden={shown.is !== "picture"}
      />
      {shown.is === "picture" && shown.at && (
        <span className={classes.time}>{t("camera.pictureAt", { when: moment(shown.at) })}</span>
      )}
      {shown.is !== "picture" && (
        <span className={classes.note} role="status">
          {shown.is === "loading" ? t("common:video.loading") : t("camera.noPicture")}
        </span>
      )}
    </div>
  );
}
