import { type ReactNode, type RefObject, useEffect, useState } from "react";
import type { Player } from "../../components/HlsVideo";
import classes from "./queue.module.css";

/** Lies exactly over the picture of a player, whatever bars are left beside it. */
export function PictureFrame({
  player,
  children,
}: {
  player: RefObject<Player | null>;
  children: ReactNode;
}) {
  const [ratio, setRatio] = useState(16 / 9);
  useEffect(() => {
    const video = player.current?.video;
    if (!video) return;
    const measure = () => {
      if (video.videoWidth > 0) setRatio(video.videoWidth / video.videoHeight);
    };
    measure();
    video.addEventListener("resize", measure);
    return () => video.removeEventListener("resize", measure);
  }, [player]);
  const wide = ratio >= 16 / 9;
  return (
    <div
      className={classes.picture}
      style={{ aspectRatio: ratio, width: wide ? "100%" : "auto", height: wide ? "auto" : "100%" }}
    >
      {children}
    </div>
  );
}
