import { IconPhotoOff } from "@tabler/icons-react";
import { type ComponentProps, useEffect, useState } from "react";
import classes from "./picture.module.css";

/** What happens this moment has its picture a little later: it is asked for again after so long, so often. */
const AGAIN = 4_000;
const TRIES = 3;

interface Props extends Omit<ComponentProps<"img">, "src" | "onError"> {
  src: string | null;
  alt: string;
}

/** A picture of the server; a sign in its place while there is none. */
export function Picture({ src, alt, className, style, ...img }: Props) {
  const [fault, setFault] = useState({ src, tries: 0, waiting: false });
  const { tries, waiting } = fault.src === src ? fault : { tries: 0, waiting: false };
  useEffect(() => {
    if (!waiting || tries >= TRIES) return;
    const timer = setTimeout(() => setFault({ src, tries, waiting: false }), AGAIN);
    return () => clearTimeout(timer);
  }, [src, tries, waiting]);
  if (!src || waiting)
    return (
      <span data-missing className={[classes.missing, className].join(" ")} style={style}>
        <IconPhotoOff
          size={20}
          stroke={1.4}
          {...(alt ? { role: "img", "aria-label": alt } : { "aria-hidden": true })}
        />
      </span>
    );
  return (
    <img
      {...img}
      src={src}
      alt={alt}
      className={className}
      style={style}
      decoding="async"
      onError={() => setFault({ src, tries: tries + 1, waiting: true })}
    />
  );
}
