import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { catchUp, type LiveState, LiveStream } from "./liveStream";

class Socket {
  static all: Socket[] = [];
  static get last() {
    return Socket.all.at(-1) as Socket;
  }
  onopen = () => {};
  onmessage = (_: { data: unknown }) => {};
  onclose = (_: { code: number }) => {};
  closed = false;
  constructor(readonly url: URL) {
    Socket.all.push(this);
  }
  close() {
    this.closed = true;
  }
  /** The server ends it. */
  end(code: number) {
    this.onclose({ code });
  }
  say(message: object) {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

class Source extends EventTarget {
  static isTypeSupported = (mime: string) => mime.includes("avc1");
  static all: Source[] = [];
  readyState = "open";
  constructor() {
    super();
    Source.all.push(this);
  }
  addSourceBuffer() {
    return Object.assign(new EventTarget(), { updating: false, buffered: [], appendBuffer() {} });
  }
}

const H264 = 'video/mp4; codecs="avc1.640028"';
const start = (time: string, mime = H264) => ({ type: "start", mime, transcoded: false, time });
const video = {
  readyState: 0,
  currentTime: 0,
  oncanplay: null as (() => void) | null,
  onerror: null as (() => void) | null,
  load() {
    this.readyState = 0;
    this.currentTime = 0;
  },
  play: async () => {},
  removeAttribute() {},
};
let states: LiveState[];
let stream: LiveStream;

/** What the same address says to a plain request; nothing where nobody answers. */
function answers(status?: number) {
  vi.stubGlobal("fetch", async () => {
    if (!status) throw new TypeError("no network");
    return new Response(null, { status });
  });
}

/** The picture of what was started is there. */
function shows(at: number) {
  Source.all.at(-1)?.dispatchEvent(new Event("sourceopen"));
  video.readyState = 4;
  video.currentTime = at;
  video.oncanplay?.();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("MediaSource", Source);
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:it");
  Socket.all = [];
  Source.all = [];
  states = [];
  stream = new LiveStream(video as unknown as HTMLVideoElement, "one", "sub", (state) => states.push(state));
});
afterEach(() => {
  stream.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a picture that is near the newest is left alone", () => {
  expect(catchUp(9.5, 0, 10)).toBeNull();
  expect(catchUp(9, 0, 10)).toBeNull();
});

test("one that is behind, or beside what has come, goes to the newest", () => {
  expect(catchUp(8, 0, 10)).toBe(9.75);
  expect(catchUp(0, 100, 110)).toBe(109.75);
  expect(catchUp(10, 20, 20.1)).toBe(20);
  expect(catchUp(12, 0, 10)).toBe(9.75);
});

test.each([
  ["the server stops", 1001, { kind: "connecting" }, 1_000],
  ["the line breaks", 1006, { kind: "connecting" }, 1_000],
  ["as much is transcoded as can be", 1013, { kind: "absent", busy: true }, 1_000],
  ["the stream cannot be shown", 1011, { kind: "absent" }, 60_000],
  ["the camera was removed", 1000, { kind: "refused", code: "not_found" }, undefined],
] as const)("%s: that is said, and tried again in its time", async (_, code, state, wait) => {
  Socket.last.onopen();
  Socket.last.end(code);
  expect(states.at(-1)).toEqual(state);
  await vi.advanceTimersByTimeAsync((wait ?? 3_600_000) - 1);
  expect(Socket.all).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(Socket.all).toHaveLength(wait ? 2 : 1);
});

test.each([
  [401, "not_signed_in"],
  [403, "forbidden"],
  [404, "not_found"],
] as const)(
  "who may not watch any longer is told why (%i), and nothing is tried again",
  async (status, code) => {
    answers(status);
    Socket.last.onopen();
    Socket.last.end(1008);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(states.at(-1)).toEqual({ kind: "refused", code });
    expect(Socket.all).toHaveLength(1);
  },
);

test("who may watch after all comes back, and so does who has to wait", async () => {
  answers(400);
  Socket.last.onopen();
  Socket.last.end(1008);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Socket.all).toHaveLength(2);
  answers(429);
  Socket.last.end(1006);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(states.at(-1)).toEqual({ kind: "refused", code: "too_many_streams" });
  expect(Socket.all).toHaveLength(3);
});

test("a lost line is tried less and less often, and at once when the network is back", async () => {
  answers();
  for (const wait of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
    const before = Socket.all.length;
    Socket.last.end(1006);
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(states.at(-1)).toEqual({ kind: "lost" });
    expect(Socket.all).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(Socket.all).toHaveLength(before + 1);
  }
  Socket.last.end(1006);
  await vi.advanceTimersByTimeAsync(1);
  const before = Socket.all.length;
  window.dispatchEvent(new Event("online"));
  expect(Socket.all).toHaveLength(before + 1);
  // It was well for a while: the next time is the first time.
  Socket.last.onopen();
  Socket.last.say(start("2026-11-23T07:00:00Z"));
  shows(0);
  for (let second = 0; second < 12; second += 1) {
    await vi.advanceTimersByTimeAsync(1_000);
    Socket.last.onmessage({ data: new ArrayBuffer(8) });
  }
  Socket.last.end(1001);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Socket.all).toHaveLength(before + 2);
});

test("a line that does not open is given up", async () => {
  answers();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(states).toEqual([{ kind: "lost" }]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Socket.all).toHaveLength(2);
});

test("another time in the middle begins another picture", () => {
  Socket.last.onopen();
  Socket.last.say(start("2026-11-23T07:00:00Z"));
  expect(stream.now()).toBeNull();
  shows(60);
  expect(stream.now()).toBe(Date.parse("2026-11-23T07:01:00Z"));
  // The camera's clock was an hour behind.
  Socket.last.say(start("2026-11-23T08:01:01Z"));
  expect(stream.now(), "the old picture is gone").toBeNull();
  expect(states.at(-1)?.kind).toBe("connecting");
  shows(1);
  expect(stream.now()).toBe(Date.parse("2026-11-23T08:01:02Z"));
  expect(states.at(-1)).toEqual({ kind: "playing", transcoded: false });
  expect(Socket.all, "on the same line").toHaveLength(1);
});

test("without pictures it is said, and a dead line is left", async () => {
  Socket.last.onopen();
  Socket.last.say(start("2026-11-23T07:00:00Z"));
  shows(0);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(states.at(-1)).toEqual({ kind: "silent" });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(Socket.all).toHaveLength(2);
  expect(Socket.all[0]?.closed).toBe(true);
  Socket.last.onopen();
  Socket.last.say({ type: "offline", since: "2026-11-23T07:00:00Z", trouble: null });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(states.at(-1)?.kind, "nothing is due of a camera that is away").toBe("offline");
});

test("what the browser cannot play is asked for transcoded, and the waiting has a reason", async () => {
  Socket.last.onopen();
  Socket.last.say(start("2026-11-23T07:00:00Z", 'video/mp4; codecs="hvc1.1.6.L93.B0"'));
  expect(Socket.all).toHaveLength(2);
  expect(Socket.last.url.searchParams.get("codec")).toBe("h264");
  expect(states.at(-1)).toEqual({ kind: "connecting", converting: true });
  Socket.last.onopen();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(states.at(-1), "a transcoder takes its time").toEqual({ kind: "connecting", converting: true });
  Socket.last.say({ ...start("2026-11-23T07:00:00Z"), transcoded: true });
  shows(0);
  expect(states.at(-1)).toEqual({ kind: "playing", transcoded: true });
});

test("a refusal to convert has its own reason", async () => {
  answers(429);
  Socket.last.onopen();
  Socket.last.say(start("2026-11-23T07:00:00Z", 'video/mp4; codecs="hvc1.1.6.L93.B0"'));
  Socket.last.end(1006);
  await vi.advanceTimersByTimeAsync(1);
  expect(states.at(-1)).toEqual({ kind: "refused", code: "too_many_streams" });
});

test("what breaks the decoder is begun anew, and shown as still pictures if it goes on", async () => {
  for (let time = 0; time < 5; time += 1) {
    Socket.last.onopen();
    Socket.last.say(start("2026-11-23T07:00:00Z"));
    video.onerror?.();
    await vi.advanceTimersByTimeAsync(9_000);
  }
  expect(Socket.last.url.searchParams.get("codec")).toBe("h264");
  expect(states.at(-1)).toEqual({ kind: "absent" });
});
