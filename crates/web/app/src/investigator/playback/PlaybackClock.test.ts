import { expect, test, vi } from "vitest";
import { correction, PlaybackClock } from "./PlaybackClock";

function clockAt(at: number) {
  let wall = 0;
  const clock = new PlaybackClock(at, () => wall);
  return { clock, pass: (milliseconds: number) => (wall += milliseconds) };
}

test("it runs at its speed only while it plays", () => {
  const { clock, pass } = clockAt(10_000);
  pass(500);
  expect(clock.at()).toBe(10_000);
  clock.play();
  pass(500);
  clock.setSpeed(4);
  pass(500);
  expect(clock.at()).toBe(12_500);
  clock.pause();
  pass(500);
  expect(clock.at()).toBe(12_500);
  clock.seek(0);
  expect(clock.at()).toBe(0);
});

test("it stands still while a player waits, but not for ever", () => {
  const { clock, pass } = clockAt(0);
  clock.play();
  pass(100);
  clock.wait("a");
  clock.wait("b");
  pass(1000);
  expect(clock.held).toBe(true);
  clock.ready("a");
  pass(1000);
  expect(clock.at()).toBe(100);
  clock.ready("b");
  pass(50);
  expect(clock.at()).toBe(150);
  clock.wait("a");
  pass(6000);
  clock.wait("a");
  pass(50);
  expect(clock.at()).toBe(200);
  // It does not hold up the others again before it has caught up.
  clock.wait("a");
  pass(50);
  expect(clock.at()).toBe(250);
  clock.ready("a");
  clock.wait("a");
  pass(50);
  expect(clock.at()).toBe(250);
});

test("it waits longer where nobody has a picture", () => {
  const { clock, pass } = clockAt(0);
  clock.play();
  clock.wait("a");
  pass(20_000);
  clock.wait("a");
  pass(50);
  expect(clock.at()).toBe(0);
  pass(25_000);
  clock.wait("a");
  pass(50);
  expect(clock.at()).toBe(50);
});

test("it says how fast it really was", () => {
  const { clock, pass } = clockAt(0);
  clock.setSpeed(8);
  clock.play();
  expect(clock.reached()).toBeUndefined();
  pass(1000);
  clock.wait("a");
  pass(1000);
  expect(clock.reached()).toBe(4);
});

test("who listens hears of changes and not of waiting", () => {
  const { clock } = clockAt(0);
  const heard = vi.fn();
  const stop = clock.subscribe(heard);
  clock.play();
  clock.wait("a");
  clock.seek(5);
  expect(heard).toHaveBeenCalledTimes(2);
  stop();
  clock.pause();
  expect(heard).toHaveBeenCalledTimes(2);
});

test("small drifts are caught up by rate, large ones by a jump", () => {
  expect(correction(10, 1)).toEqual({ rate: 1 });
  expect(correction(150, 1)).toEqual({ rate: 1.25 });
  expect(correction(-150, 1)).toEqual({ rate: 0.75 });
  expect(correction(5000, 1)).toEqual({ seek: true });
  expect(correction(1500, 2)).toEqual({ rate: 3 });
  expect(correction(900, 1 / 8)).toEqual({ rate: 3 / 16 });
});
