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

export type LiveState =
  | { kind: "connecting" }
  | { kind: "playing"; transcoded: boolean }
  | { kind: "offline"; since: string; trouble?: Schemas["FailureKind"] }
  /** Connected, but no picture comes. */
  | { kind: "silent" }
  /** Too many watch, or nobody may: it is tried again. */
  | { kind: "refused"; code: string }
  /** The server or the browser has no live video. */
  | { kind: "absent" };

/** Furthest that what is shown may be behind what has come, in seconds. */
const BEHIND = 1.2;
/** How far behind it is put: room for one late fragment. */
const MARGIN = 0.25;
/** Seconds kept of what was shown. */
const KEPT = 8;
/** Without a picture for so long, in milliseconds, what is shown is old. */
const SILENCE = 4_000;
const LONGEST_WAIT = 15_000;
/** Why the server closes a WebSocket: it cannot show the stream at all, or transcodes as many as it can. */
const CANNOT_SHOW = 1011;
const BUSY = 1013;

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
  private socket?: WebSocket;
  private source?: MediaSource;
  private buffer?: SourceBuffer;
  private queue: ArrayBuffer[] = [];
  private zero?: number;
  private transcoded = false;
  private quiet = false;
  private transcode = false;
  private attempts = 0;
  private closed = false;
  private again?: ReturnType<typeof setTimeout>;
  private silence?: ReturnType<typeof setTimeout>;
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
    clearTimeout(this.again);
    this.disconnect();
  }

  /** A page that was hidden is far behind. */
  private readonly wake = () => {
    if (document.visibilityState === "visible") this.follow();
  };

  private connect() {
    const url = address(this.camera, this.stream, this.transcode);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.listen();
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") this.hear(JSON.parse(data) as Told);
      else {
        this.attempts = 0;
        this.queue.push(data);
        if (this.quiet) this.tell({ kind: "playing", transcoded: this.transcoded });
        this.listen();
        this.append();
      }
    };
    socket.onclose = ({ code }) => {
      if (this.closed || this.socket !== socket) return;
      this.disconnect();
      if (code === CANNOT_SHOW) this.tell({ kind: "absent" });
      else if (!opened) void this.explain();
      else {
        this.tell(code === BUSY ? { kind: "refused", code: "too_many_streams" } : { kind: "connecting" });
        this.retry();
      }
    };
  }

  /** A WebSocket does not say why it was refused; the same address asked for plainly does. */
  private async explain() {
    const answer = await fetch(address(this.camera, this.stream, this.transcode)).catch(() => null);
    if (this.closed) return;
    if (answer?.status === 404) {
      this.tell({ kind: "absent" });
      return;
    }
    if (answer && [401, 403, 429].includes(answer.status)) {
      const problem = (await answer.json().catch(() => ({}))) as { code?: string };
      if (this.closed) return;
      this.tell({ kind: "refused", code: problem.code ?? "internal" });
    }
    this.retry();
  }

  private retry() {
    this.attempts += 1;
    this.again = setTimeout(() => this.connect(), Math.min(500 * 2 ** this.attempts, LONGEST_WAIT));
  }

  private disconnect() {
    clearTimeout(this.silence);
    this.socket?.close();
    this.socket = undefined;
    this.blank();
  }

  /** Takes the picture away: an old one must not pass for a new one. */
  private blank() {
    this.queue = [];
    this.zero = undefined;
    this.buffer = undefined;
    this.source = undefined;
    this.video.removeAttribute("src");
    this.video.load();
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = undefined;
  }

  /** From now on a picture is due. */
  private listen() {
    clearTimeout(this.silence);
    this.quiet = false;
    this.silence = setTimeout(() => {
      this.quiet = true;
      this.tell({ kind: "silent" });
    }, SILENCE);
  }

  private hear(told: Told) {
    if (told.type === "offline") {
      clearTimeout(this.silence);
      this.blank();
      this.tell({ kind: "offline", since: told.since, trouble: told.trouble?.kind });
    } else if (told.type === "start") {
      this.start(told);
    }
  }

  private start({ mime, transcoded, time }: Extract<Told, { type: "start" }>) {
    this.blank();
    if (!MediaSource.isTypeSupported(mime)) {
      const tried = this.transcode;
      this.closed = tried;
      this.transcode = true;
      this.disconnect();
      if (tried) this.tell({ kind: "absent" });
      else this.connect();
      return;
    }
    const source = new MediaSource();
    this.source = source;
    this.url = URL.createObjectURL(source);
    this.video.src = this.url;
    this.zero = Date.parse(time);
    this.transcoded = transcoded;
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
      this.tell({ kind: "playing", transcoded });
      void this.video.play().catch(() => undefined);
    };
    this.listen();
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
      // Full, or broken by what came: begun anew.
      this.socket?.close();
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
