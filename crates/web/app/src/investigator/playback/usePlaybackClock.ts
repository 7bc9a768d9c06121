import { useEffect, useState, useSyncExternalStore } from "react";
import { PlaybackClock } from "./PlaybackClock";
import { covers, nextFootage, type Track } from "./tracks";

/** The clock of the page: skips what no camera recorded, and stops where recordings end. */
export function usePlaybackClock(start: number, tracks: Track[], onEnd: () => void) {
  const [clock] = useState(() => new PlaybackClock(start));
  useSyncExternalStore(clock.subscribe, clock.version);
  useEffect(() => {
    if (tracks.length === 0) return;
    const skip = () => {
      if (!clock.playing) return;
      const at = clock.at();
      if (tracks.some((track) => covers(track.recorded, at))) return;
      const next = nextFootage(tracks, at);
      if (next !== null) clock.seek(next);
      else {
        clock.pause();
        onEnd();
      }
    };
    const timer = setInterval(skip, 100);
    return () => clearInterval(timer);
  }, [clock, tracks, onEnd]);
  return clock;
}

/** The clock's time, told a few times a second. */
export function useClockTime(clock: PlaybackClock, every = 100): number {
  const [at, setAt] = useState(() => clock.at());
  useEffect(() => {
    const look = () => setAt(clock.at());
    const timer = setInterval(look, every);
    const stop = clock.subscribe(look);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [clock, every]);
  return at;
}
