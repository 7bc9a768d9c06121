export const SPEEDS = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32, 64] as const;

/** A player that waits longer than this, in milliseconds, no longer holds up others that have their pictures. */
const PATIENCE = 6_000;
/** Where none has a picture, time stands still for so long: the server may have to transcode first. */
const PATIENCE_ALONE = 45_000;

/** The one time that all players follow. It stands still while one of them waits for pictures. */
export class PlaybackClock {
  #anchor: number;
  #since: number;
  #playing = false;
  #speed = 1;
  readonly #players = new Set<string>();
  /** Who has no picture, since when. */
  readonly #waiting = new Map<string, number>();
  /** Who had none for too long. */
  readonly #given = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #time: () => number;
  #samples: { wall: number; at: number }[] = [];
  #version = 0;

  constructor(at: number, time: () => number = () => performance.now()) {
    this.#time = time;
    this.#anchor = at;
    this.#since = time();
  }

  /** UTC in milliseconds. */
  at(): number {
    return this.#anchor + (this.running ? (this.#time() - this.#since) * this.#speed : 0);
  }

  get playing() {
    return this.#playing;
  }

  get speed() {
    return this.#speed;
  }

  /** Whether a player keeps the others waiting. */
  get held(): boolean {
    return this.#waiting.size > 0;
  }

  get running() {
    return this.#playing && !this.held;
  }

  play() {
    this.#set(() => {
      this.#playing = true;
    });
  }

  pause() {
    this.#set(() => {
      this.#playing = false;
    });
  }

  seek(at: number) {
    this.#set(() => {
      this.#anchor = at;
    });
  }

  setSpeed(speed: number) {
    this.#set(() => {
      this.#speed = speed;
    });
  }

  /** A player has no picture for this moment yet. */
  wait(id: string) {
    this.#players.add(id);
    if (this.#given.has(id)) return;
    const since = this.#waiting.get(id);
    const patience = this.#players.size > this.#waiting.size + this.#given.size ? PATIENCE : PATIENCE_ALONE;
    if (since === undefined) this.#anew(() => this.#waiting.set(id, this.#time()));
    else if (this.#time() - since >= patience) {
      this.#given.add(id);
      this.#anew(() => this.#waiting.delete(id));
    }
  }

  /** A player has its picture, or needs none. */
  ready(id: string) {
    this.#players.add(id);
    this.#given.delete(id);
    if (this.#waiting.has(id)) this.#anew(() => this.#waiting.delete(id));
  }

  /** A player is gone, or begins anew: nobody waits for it. Who was given up stays so until it has a picture. */
  leave(id: string) {
    this.#players.delete(id);
    if (this.#waiting.has(id)) this.#anew(() => this.#waiting.delete(id));
  }

  /** How many seconds of footage passed in a second, over the last few; undefined if it was just started. */
  reached(): number | undefined {
    const now = { wall: this.#time(), at: this.at() };
    this.#samples = [...this.#samples.filter((one) => now.wall - one.wall <= 4000), now];
    const first = this.#samples[0];
    return first && now.wall - first.wall > 1500 ? (now.at - first.at) / (now.wall - first.wall) : undefined;
  }

  /** Hears when it starts, stops, jumps or changes speed. */
  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Another number after each change. */
  version = () => this.#version;

  #anew(change: () => void) {
    this.#anchor = this.at();
    this.#since = this.#time();
    change();
  }

  #set(change: () => void) {
    this.#anew(change);
    this.#samples = [];
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

/** How a player that is `drift` milliseconds behind the clock (negative: ahead) gets back to it. */
export function correction(drift: number, speed: number): { seek: true } | { rate: number } {
  // A second of the wall is too far to catch up unseen.
  if (Math.abs(drift) > 1000 * Math.max(1, speed)) return { seek: true };
  const off = Math.abs(drift) < 30 * Math.max(1, speed) ? 0 : drift / (600 * speed);
  return { rate: Math.min(16, Math.max(0.0625, speed * (1 + Math.min(0.5, Math.max(-0.5, off))))) };
}
