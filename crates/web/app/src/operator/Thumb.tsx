import { IconPhotoOff } from "@tabler/icons-react";
import { useState } from "react";
import classes from "./operator.module.css";

interface Props {
  src: string | null;
  alt: string;
  width?: number | string;
}

/** A small picture; a sign in its place where there is none. */
export function Thumb({ src, alt, width = 112 }: Props) {
  const [failed, setFailed] = useState<string | null>(null);
  return (
    <span className={classes.thumb} style={{ width }}>
      {src && failed !== src ? (
        <img src={src} alt={alt} loading="lazy" decoding="async" onError={() => setFailed(src)} />
      ) : (
        <IconPhotoOff size={20} stroke={1.4} aria-label={alt} role="img" />
      )}
    </span>
  );
}
