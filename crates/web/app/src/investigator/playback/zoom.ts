/** How a picture is enlarged: its scale, and where its left upper corner lies, in parts of the pane. */
export interface Zoom {
  scale: number;
  x: number;
  y: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
const MOST = 12;

function inside({ scale, x, y }: Zoom): Zoom {
  const least = 1 - scale;
  return { scale, x: Math.min(0, Math.max(least, x)), y: Math.min(0, Math.max(least, y)) };
}

/** Enlarges around a point of the pane, which stays where it is. */
export function enlarged(zoom: Zoom, factor: number, at: { x: number; y: number }): Zoom {
  const scale = Math.min(MOST, Math.max(1, zoom.scale * factor));
  const grown = scale / zoom.scale;
  return inside({ scale, x: at.x - (at.x - zoom.x) * grown, y: at.y - (at.y - zoom.y) * grown });
}

export function pulled(zoom: Zoom, right: number, down: number): Zoom {
  return inside({ ...zoom, x: zoom.x + right, y: zoom.y + down });
}
