import { Picture } from "../components/Picture";
import classes from "./operator.module.css";

interface Props {
  src: string | null;
  alt: string;
  width?: number | string;
}

/** A small picture. */
export function Thumb({ src, alt, width = 112 }: Props) {
  return (
    <span className={classes.thumb} style={{ width }}>
      <Picture src={src} alt={alt} loading="lazy" />
    </span>
  );
}
