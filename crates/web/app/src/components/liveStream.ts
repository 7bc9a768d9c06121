import type { Schemas } from "../api/client";

/** What the stream of a live picture says between the pictures. */
type Told =
  | {
      type: "start";
      mime: string;
      transcoded: boolean;
      /** When media time is zero. */
      time: string;
    }
  | { type: "offline"; since: string; trouble: { kind: Schemas["FailureKind"] } | null }
  | { type: "skipped" };

/** Why nobody is shown anything. */
const REFUSALS = {
  401: "not_signed_in",
  403: "forbidden",
  404: "not_found",
  429: "too_many_streams",
} as const;
export type Refusal = (typeof REFUSALS)[keyof typeof REFUSALS];

export type LiveState =
  /** `converting`: the server transcodes it, and no picture came yet. */
  | { kind: "connecting"; converting?: boolean }
  | { kind: "playing"; transcoded: boolean }
  | { kind: "offline"; since: string; trouble?: Schemas["FailureKind"] }
  /** Connected, but no picture comes. */
  | { kind: "silent" }
  /** The server cannot be reached: it is tried again. */
  | { kind: "lost" }
  /** Too many watch: it is tried again. Of all others nothing is to be had any more. */
  | { kind: "refused"; code: Refusal }
  /** Live video is not to be had. `busy`: the server transcodes as many streams as it can, and is asked again. */
  | { kind: "absent"; busy?: boolean };

/** Furthest that what is shown may be behind what has come, in seconds. */
const BEHIND = 1.2;
/** How far behind it is put: room for one late fragment. */
const MARGIN = 0.25;
/** Seconds kept of what was shown. */
const KEPT = 8;
/** Without a picture for so long, in milliseconds, what is shown is old. A transcoder takes longer to begin. */
const SILENCE = 4_000;
const BEGINNING = 12_000;
/** After so long again the line is dead, which a page does not notice by itself: the server had told of a camera away. */
const DEAD = 10_000;
/** Where the camera is away nothing is due, and the line is begun anew from time to time. */
const AWAY = 60_000;
/** A WebSocket that does not open for so long will not. */
const OPENING = 10_000;
/** A line that was open for so long was well. */
const HEALTHY = 10_000;
const LONGEST_WAIT = 15_000;
/** Before it is tried again to show what could not be shown. */
const MENDED = 60_000;
/** Why the server closes a WebSocket; for all else it is opened again. */
const CLOSED = { removed: 1000, mayNot: 1008, cannotShow: 1011, busy: 1013 };

/** Where to show the newest picture of what has come: `null` where it is well where it is. */
export function catchUp(at: number, start: number, end: number): number | null {
  if (at >= start && end - at <= BEHIND && at <= end) return null;
  return Math.max(start, end - MARGIN);
}

function address(camera: string, stream: string, transcode: boolean): URL {
  const url = new URL(`/api/v1/cameras/${camera}/live`, window.location.href);
  url.searchParams.set("stream", stream);
  if (transcode) url.searchParams.set("codec", "h264");
  return url;
}

/** A camera as it is now, in a video element: fragments from a WebSocket through Media Source Extensions. */
export class LiveStream {
  private state: LiveState = { kind: "connecting" };
  private socket?: WebSocket;
  private source?: MediaSource;
  private buffer?: SourceBuffer;
  private queue: ArrayBuffer[] = [];
  private zero?: number;
  private transcode = false;
  private attempts = 0;
  private opened?: number;
  private closed = false;
  /** What happens if nothing else does. */
  private timer?: ReturnType<typeof setTimeout>;
  private url?: string;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly camera: string,
    private readonly stream: "main" | "sub",
    private readonly tell: (state: LiveState) => void,
  ) {
    if (!("MediaSource" in window)) {
      tell({ kind: "absent" });
      return;
    }
    document.addEventListener("visibilitychange", this.wake);
    window.addEventListener("online", this.online);
    this.connect();
  }

  /** UTC of what is shown, in milliseconds. */
  now(): number | null {
    return this.zero !== undefined && this.video.readyState >= 2
      ? this.zero + this.video.currentTime * 1000
      : null;
  }

  close() {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.wake);
    window.removeEventListener("online", this.online);
    this.disconnect();
  }

  /** A page that was hidden is far behind. */
  private readonly wake = () => {
    if (document.visibilityState === "visible") this.follow();
  };

  /** The network is back: no need to wait. */
  private readonly online = () => {
    if (this.state.kind === "lost") this.connect();
  };

  private say(state: LiveState) {
    this.state = state;
    this.tell(state);
  }

  /** Still pictures stay until there is something better. */
  private meanwhile(state: LiveState) {
    if (this.state.kind !== "absent") this.say(state);
  }

  private due(milliseconds: number, then: () => void) {
    clearTimeout(this.timer);
    this.timer = setTimeout(then, milliseconds);
  }

  private connect() {
    this.disconnect();
    this.opened = undefined;
    const url = address(this.camera, this.stream, this.transcode);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.due(OPENING, () => this.lose());
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.opened = performance.now();
      this.listen();
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (this.socket !== socket) return;
      if (typeof data === "string") this.hear(JSON.parse(data) as Told);
      else {
        this.queue.push(data);
        this.listen();
        this.append();
      }
    };
    socket.onclose = ({ code }) => {
      if (this.socket === socket) this.end(code);
    };
  }

  private end(code: number) {
    const opened = this.opened !== undefined;
    this.disconnect();
    if (code === CLOSED.removed) this.say({ kind: "refused", code: "not_found" });
    else if (code === CLOSED.cannotShow) {
      this.say({ kind: "absent" });
      this.retry(MENDED);
    } else if (code === CLOSED.busy) {
      this.say({ kind: "absent", busy: true });
      this.retry();
    } else if (!opened || code === CLOSED.mayNot) void this.explain();
    else {
      this.meanwhile({ kind: "connecting" });
      this.retry();
    }
  }

  /** A WebSocket does not say why it was refused; the same address asked for plainly does. */
  private async explain() {
    const asked = fetch(address(this.camera, this.stream, this.transcode), {
      signal: AbortSignal.timeout(OPENING),
    });
    const status = (await asked.catch(() => null))?.status ?? 0;
    if (this.closed || this.socket) return;
    if (status in REFUSALS) {
      const code = REFUSALS[status as keyof typeof REFUSALS];
      this.say({ kind: "refused", code });
      if (code !== "too_many_streams") return;
    } else if (status === 0 || status >= 500) this.say({ kind: "lost" });
    // Who may watch is told that this is for a WebSocket: something on the way lets none through.
    else this.meanwhile(this.attempts < 2 ? { kind: "connecting" } : { kind: "absent" });
    this.retry();
  }

  private lose() {
    this.disconnect();
    this.say({ kind: "lost" });
    this.retry();
  }

  private retry(least = 0) {
    const healthy = this.opened !== undefined && performance.now() - this.opened > HEALTHY;
    this.opened = undefined;
    this.attempts = healthy ? 1 : this.attempts + 1;
    // Not all pages at the same moment.
    const wait = Math.min(500 * 2 ** this.attempts, LONGEST_WAIT) * (0.8 + 0.4 * Math.random());
    this.due(Math.max(least, wait), () => this.connect());
  }

  private disconnect() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = undefined;
    socket?.close();
    this.blank();
  }

  /** Takes the picture away: an old one must not pass for a new one. */
  private blank() {
    this.queue = [];
    this.zero = undefined;
    this.buffer = undefined;
    this.source = undefined;
    this.video.onerror = null;
    this.video.oncanplay = null;
    this.video.removeAttribute("src");
    this.video.load();
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = undefined;
  }

  /** From now on a picture is due. */
  private listen() {
    const beginning = this.state.kind === "connecting" && this.state.converting;
    this.due(beginning ? BEGINNING : SILENCE, () => {
      this.meanwhile({ kind: "silent" });
      this.due(DEAD, () => this.again());
    });
  }

  /** On another line. */
  private again() {
    this.disconnect();
    this.retry();
  }

  private hear(told: Told) {
    if (told.type === "offline") {
      this.blank();
      this.say({ kind: "offline", since: told.since, trouble: told.trouble?.kind });
      this.due(AWAY, () => this.again());
    } else if (told.type === "start") {
      this.start(told);
    }
  }

  private start({ mime, transcoded, time }: Extract<Told, { type: "start" }>) {
    this.blank();
    if (!MediaSource.isTypeSupported(mime)) {
      this.convert();
      return;
    }
    const source = new MediaSource();
    this.source = source;
    this.url = URL.createObjectURL(source);
    this.meanwhile({ kind: "connecting", converting: transcoded });
    this.video.src = this.url;
    this.zero = Date.parse(time);
    source.addEventListener(
      "sourceopen",
      () => {
        if (this.source !== source) return;
        const buffer = source.addSourceBuffer(mime);
        this.buffer = buffer;
        buffer.addEventListener("updateend", () => {
          if (this.buffer !== buffer) return;
          this.follow();
          this.append();
        });
        this.append();
      },
      { once: true },
    );
    this.video.oncanplay = () => {
      if (this.state.kind !== "playing") this.say({ kind: "playing", transcoded });
      void this.video.play().catch(() => undefined);
    };
    this.video.onerror = () => this.broken();
    this.listen();
  }

  /** The browser gave up on what came, though it passed for something that it plays. */
  private broken() {
    this.transcode = true;
    this.meanwhile(this.attempts < 3 ? { kind: "connecting" } : { kind: "absent" });
    this.again();
  }

  /** The browser cannot play what the camera sends. */
  private convert() {
    if (this.transcode) {
      this.disconnect();
      this.say({ kind: "absent" });
      return;
    }
    this.transcode = true;
    this.meanwhile({ kind: "connecting", converting: true });
    this.connect();
  }

  private append() {
    const { buffer, source } = this;
    if (!buffer || buffer.updating || source?.readyState !== "open") return;
    const shown = this.video.currentTime;
    if (buffer.buffered.length > 0 && buffer.buffered.start(0) < shown - 2 * KEPT) {
      buffer.remove(0, shown - KEPT);
      return;
    }
    const next = this.queue.shift();
    if (!next) return;
    try {
      buffer.appendBuffer(next);
    } catch {
      this.broken();
    }
  }

  /** Stays with the newest picture. */
  private follow() {
    const last = (this.buffer?.buffered.length ?? 0) - 1;
    if (!this.buffer || last < 0) return;
    const [start, end] = [this.buffer.buffered.start(last), this.buffer.buffered.end(last)];
    const at = this.video.currentTime;
    const to = catchUp(at, start, end);
    if (to !== null) this.video.currentTime = to;
    // A little behind is made up for without a jump.
    this.video.playbackRate = end - (to ?? at) > 2 * MARGIN ? 1.1 : 1;
  }
}
