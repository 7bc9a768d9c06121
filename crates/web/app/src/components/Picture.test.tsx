import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Picture } from "./Picture";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const picture = () => document.querySelector("img");
const fail = () => fireEvent.error(picture() as HTMLImageElement);

test("a picture that is not there yet is asked for again, and not for ever", () => {
  render(<Picture src="/a.jpg" alt="Cổng chợ" />);
  for (let tries = 0; tries < 3; tries += 1) {
    expect(picture()?.getAttribute("src")).toBe("/a.jpg");
    fail();
    expect(picture()).toBeNull();
    expect(screen.getByRole("img", { name: "Cổng chợ" })).toBeTruthy();
    act(() => void vi.advanceTimersByTime(4_000));
  }
  act(() => void vi.advanceTimersByTime(60_000));
  expect(picture(), "it is given up").toBeNull();
});

test("another picture is none that failed", () => {
  const { rerender } = render(<Picture src="/a.jpg" alt="" />);
  fail();
  rerender(<Picture src="/b.jpg" alt="" />);
  expect(picture()?.getAttribute("src")).toBe("/b.jpg");
  rerender(<Picture src={null} alt="" />);
  expect(picture()).toBeNull();
});
