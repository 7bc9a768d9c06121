import { type PointerEvent, useEffect, useRef, useState } from "react";
import { enlarged, pulled, WHOLE } from "./zoom";

/** Enlarges a picture by the wheel and moves it by pulling. */
export function useDigitalZoom() {
  const ref = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState(WHOLE);
  useEffect(() => {
    const pane = ref.current;
    const turn = (event: WheelEvent) => {
      if (!pane) return;
      event.preventDefault();
      const box = pane.getBoundingClientRect();
      const at = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
      setZoom((before) => enlarged(before, Math.exp(-event.deltaY / 400), at));
    };
    pane?.addEventListener("wheel", turn, { passive: false });
    return () => pane?.removeEventListener("wheel", turn);
  }, []);
  const middle = { x: 0.5, y: 0.5 };
  return {
    ref,
    scale: zoom.scale,
    transform:
      zoom.scale > 1 ? `translate(${zoom.x * 100}%, ${zoom.y * 100}%) scale(${zoom.scale})` : undefined,
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (zoom.scale > 1 && !(event.target as Element).closest("button"))
        event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (zoom.scale === 1 || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
      const box = event.currentTarget.getBoundingClientRect();
      setZoom((before) => pulled(before, event.movementX / box.width, event.movementY / box.height));
    },
    larger: () => setZoom((before) => enlarged(before, 1.5, middle)),
    smaller: () => setZoom((before) => enlarged(before, 1 / 1.5, middle)),
    reset: () => setZoom(WHOLE),
  };
}
