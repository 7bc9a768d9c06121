import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Track } from "./tracks";
import { useClockTime, usePlaybackClock } from "./usePlaybackClock";

const track = (...recorded: [number, number][]): Track => ({
  camera: "c",
  recorded: recorded.map(([from, to]) => ({ from, to })),
  missing: [],
  unseen: [],
  events: [],
  activity: [],
  eventsFrom: 0,
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what no camera recorded is skipped, and it stops at the end", () => {
  const ended = vi.fn();
  const tracks = [track([0, 1000], [60_000, 61_000]), track([0, 2000])];
  const { result } = renderHook(() => usePlaybackClock(0, tracks, ended));
  const clock = result.current;
  act(() => clock.play());
  act(() => void vi.advanceTimersByTime(1900));
  expect(clock.at()).toBe(1900);
  act(() => void vi.advanceTimersByTime(300));
  expect(clock.at()).toBeGreaterThanOrEqual(60_000);
  expect(clock.at()).toBeLessThan(60_300);
  act(() => void vi.advanceTimersByTime(2000));
  expect(clock.playing).toBe(false);
  expect(ended).toHaveBeenCalledOnce();
});

test("a component sees the time pass and sees a jump at once", () => {
  const tracks = [track([0, 100_000])];
  const ended = () => undefined;
  const { result } = renderHook(() => {
    const clock = usePlaybackClock(0, tracks, ended);
    return { clock, at: useClockTime(clock) };
  });
  act(() => result.current.clock.seek(5000));
  expect(result.current.at).toBe(5000);
  act(() => result.current.clock.play());
  act(() => void vi.advanceTimersByTime(500));
  expect(result.current.at).toBe(5500);
});
