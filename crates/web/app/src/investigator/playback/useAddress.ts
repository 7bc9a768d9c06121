import { useEffect, useRef } from "react";
import { rfc3339 } from "../../i18n/time";
import type { Address } from "./address";
import type { PlaybackClock } from "./PlaybackClock";

/** The address follows the clock and the timeline, and the clock an address that came from elsewhere. */
export function useAddress(
  clock: PlaybackClock,
  address: Address,
  change: (changed: Partial<Address>) => void,
  span: number,
  onMoment: (at: number) => void,
) {
  const written = useRef(address.at);
  useEffect(() => {
    const write = () => {
      const now = rfc3339(Math.round(clock.at()));
      if (now === written.current) return;
      written.current = now;
      change({ at: now });
    };
    let soon: ReturnType<typeof setTimeout> | undefined;
    const stop = clock.subscribe(() => {
      clearTimeout(soon);
      soon = setTimeout(write, 300);
    });
    const timer = setInterval(() => clock.playing && write(), 5000);
    return () => {
      stop();
      clearInterval(timer);
      clearTimeout(soon);
    };
  }, [clock, change]);
  useEffect(() => {
    if (!address.at || address.at === written.current) return;
    written.current = address.at;
    const at = Date.parse(address.at);
    clock.seek(at);
    onMoment(at);
  }, [address.at, clock, onMoment]);
  useEffect(() => {
    const soon = setTimeout(() => change({ span }), 500);
    return () => clearTimeout(soon);
  }, [span, change]);
}
