import type { ErrorData, Fragment } from "hls.js";
import Hls from "hls.js/light";

export interface Recorded {
  camera: string;
  /** RFC 3339. */
  from: string;
  to: string;
  stream: "main" | "sub";
}

/** What is the matter: a code of the API's problems, or that the browser cannot play it. */
export type Fault =
  | "no_connection"
  | "not_signed_in"
  | "forbidden"
  | "no_footage"
  | "unavailable"
  | "internal"
  | "unsupported";

export interface RecordedState {
  /** The server makes it playable for this browser. */
  transcoded: boolean;
  fault?: Fault;
  /** It is tried again without anybody's doing. */
  retrying?: boolean;
}

/** The server is asked for so long, in milliseconds, to transcode what it has no room for. */
const PATIENCE = 60_000;
const LONGEST_WAIT = 10_000;
/** What is not recorded yet is asked for again. */
const RECORDED = 15_000;
/** A fault of the media so soon after the last one is no chance. */
const RECOVERY = 5_000;
/** The server answers within 30 s: a piece that it transcodes waits for its turn and is made. None is tried again unseen. */
const POLICY = {
  default: { maxTimeToFirstByteMs: 35_000, maxLoadTimeMs: 120_000, timeoutRetry: null, errorRetry: null },
};
const UNPLAYABLE: string[] = [
  Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR,
  Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR,
  Hls.ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR,
];

/**
 * What to make of a request that failed: the fault, and in how many milliseconds it is tried again, where it is.
 * `status`: that of the answer; 0: none came. `failures`: those before it with the same fault, the first of them
 * `lasting` milliseconds ago. `retryAfter`: seconds that the server asks for.
 */
export function verdict(
  status: number,
  failures: number,
  lasting: number,
  retryAfter: number,
): { fault: Fault; again?: number } {
  if (status === 401) return { fault: "not_signed_in" };
  if (status === 403) return { fault: "forbidden" };
  if (status === 404 || status === 410) return { fault: "no_footage" };
  // The network, or the server behind a proxy: both come back by themselves.
  if (status === 0 || status === 502 || status === 504)
    return { fault: "no_connection", again: Math.min(1000 * 2 ** failures, LONGEST_WAIT) };
  if (status !== 503) return { fault: "internal" };
  return { fault: "unavailable", again: lasting < PATIENCE ? Math.max(retryAfter, 1) * 1000 : undefined };
}

function playlist({ camera, from, to, stream }: Recorded, h264: boolean): string {
  const query = new URLSearchParams({ from, to, stream, ...(h264 && { codec: "h264" }) });
  return `/api/v1/cameras/${camera}/playlist.m3u8?${query}`;
}

/** A recording in a video element, over HLS. */
export class RecordedStream {
  private readonly player: Hls;
  private state: RecordedState = { transcoded: false };
  /** Whether only H.264 will do. What is recorded so comes as it is. */
  private h264 = !MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.B0"');
  /** How the last request failed, how often it did so, and since when. */
  private status?: number;
  private failures = 0;
  private since = 0;
  /** What was shown or sought then. */
  private failed?: Fragment["sn"];
  private recovered = Number.NEGATIVE_INFINITY;
  private again?: ReturnType<typeof setTimeout>;

  /** Whether the browser plays recordings at all. */
  static supported(): boolean {
    return Hls.isSupported();
  }

  /** `begin`: what is shown first, as UTC in milliseconds. `ahead`: seconds to load ahead of what is shown. */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly recorded: Recorded,
    begin: number,
    ahead: number,
    private readonly tell: (state: RecordedState) => void,
  ) {
    this.player = new Hls({
      enableWorker: false,
      maxBufferLength: ahead,
      maxMaxBufferLength: 60,
      backBufferLength: 30,
      autoStartLoad: false,
      manifestLoadPolicy: POLICY,
      playlistLoadPolicy: POLICY,
      fragLoadPolicy: POLICY,
    });
    this.player.on(Hls.Events.ERROR, (_, data) => this.err(data));
    this.player.on(Hls.Events.LEVEL_LOADED, (_, { networkDetails }) => {
      const transcoded = header(networkDetails, "taimat-transcoded") === "true";
      // There is a line, and footage; whether there is room to transcode it is not known yet.
      this.say({ ...(this.state.fault === "unavailable" && this.state), transcoded });
      // What comes before it need not be loaded, nor transcoded.
      if (!this.player.loadingEnabled) this.player.startLoad(this.place(begin));
    });
    this.player.on(Hls.Events.FRAG_BUFFERED, () => this.well());
    video.addEventListener("seeking", this.elsewhere);
    this.player.attachMedia(video);
    this.load();
  }

  set ahead(seconds: number) {
    this.player.config.maxBufferLength = seconds;
  }

  /** UTC of what is shown, in milliseconds. */
  now(): number | null {
    const shown = this.shown() ?? this.fragments[0];
    return shown && shown.programDateTime !== null
      ? shown.programDateTime + (this.video.currentTime - shown.start) * 1000
      : null;
  }

  /** Shows a moment, given as UTC in milliseconds. */
  seek(at: number) {
    const place = this.place(at);
    if (place !== undefined) this.video.currentTime = place;
  }

  /** Tries again what was given up. */
  retry() {
    this.well();
    this.resume();
  }

  close() {
    clearTimeout(this.again);
    this.video.removeEventListener("seeking", this.elsewhere);
    this.player.destroy();
  }

  private get fragments(): Fragment[] {
    return this.player.latestLevelDetails?.fragments ?? [];
  }

  /** Where a moment is in the video, in seconds. */
  private place(at: number): number | undefined {
    const found = this.fragments.findLast((one) => (one.programDateTime ?? 0) <= at) ?? this.fragments[0];
    if (!found) return undefined;
    const into = (at - (found.programDateTime ?? at)) / 1000;
    return found.start + Math.min(Math.max(into, 0), found.duration);
  }

  /** The player's own notion is that of the fragment before until it has noticed a jump. */
  private shown(): Fragment | undefined {
    return this.fragments.findLast((one) => one.start <= this.video.currentTime + 0.001);
  }

  private say(state: RecordedState) {
    this.state = state;
    this.tell(state);
  }

  private load() {
    this.player.loadSource(playlist(this.recorded, this.h264));
  }

  private resume() {
    clearTimeout(this.again);
    if (this.player.levels.length > 0) this.player.startLoad(this.video.currentTime);
    else this.load();
  }

  private well() {
    this.status = undefined;
    this.failed = undefined;
    if (this.state.fault) this.say({ transcoded: this.state.transcoded });
  }

  /** What could not be had need not concern what is sought now. */
  private readonly elsewhere = () => {
    if (this.failed !== undefined && this.shown()?.sn !== this.failed) this.retry();
  };

  private err(data: ErrorData) {
    if (UNPLAYABLE.includes(data.details) && !this.h264) this.unplayable();
    else if (!data.fatal) return;
    else if (data.type === Hls.ErrorTypes.NETWORK_ERROR) this.miss(data);
    else if (data.type !== Hls.ErrorTypes.MEDIA_ERROR) this.unplayable();
    else if (performance.now() - this.recovered < RECOVERY) this.unplayable();
    else {
      this.recovered = performance.now();
      this.player.recoverMediaError();
    }
  }

  private unplayable() {
    if (this.h264) {
      this.player.stopLoad();
      this.say({ ...this.state, fault: "unsupported", retrying: false });
      return;
    }
    this.h264 = true;
    this.load();
  }

  /** Nothing is loaded after a failed request until it is resumed here. */
  private miss({ details, response, networkDetails }: ErrorData) {
    // A playlist that is no playlist has no answer with it.
    const status = response?.code ?? (/timeout/i.test(details) ? 0 : 500);
    if (status !== this.status) {
      this.status = status;
      this.failures = 0;
      this.since = performance.now();
    }
    this.failed = this.shown()?.sn;
    const asked = Number(header(networkDetails, "retry-after")) || 0;
    const { fault, again } = verdict(status, this.failures++, performance.now() - this.since, asked);
    const wait =
      again ?? (fault === "no_footage" && Date.parse(this.recorded.to) > Date.now() ? RECORDED : undefined);
    this.say({ ...this.state, fault, retrying: wait !== undefined });
    clearTimeout(this.again);
    if (wait !== undefined) this.again = setTimeout(() => this.resume(), wait);
  }
}

function header(answer: unknown, name: string): string | null {
  return answer instanceof XMLHttpRequest ? answer.getResponseHeader(name) : null;
}
