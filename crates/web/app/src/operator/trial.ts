import { useRef, useState } from "react";
import { http, type Schemas } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { readAddress } from "./address";

/** What is known of a camera before it is tried. */
export interface ToTry {
  address: string;
  username: string;
  password: string;
  main_url: string;
  sub_url: string;
  transport: "auto" | "tcp" | "udp";
}

export type Outcome =
  | { is: "none" }
  | { is: "running" }
  | { is: "works"; streams: Schemas["StreamReport"][]; found?: Schemas["FindReport"]; key: string }
  | { is: "nothing"; found: Schemas["FindReport"] }
  | { is: "failed"; problem: Problem };

/** What a trial stands for: when it differs, it must be tried again. */
export const keyOf = ({ main_url, sub_url, username, password, transport }: ToTry) =>
  JSON.stringify([main_url, sub_url, username, password, transport]);

/** Credentials as the API takes them; none where nothing was typed. */
export const credentialsOf = ({ username, password }: Pick<ToTry, "username" | "password">) =>
  username || password ? { username, password } : null;

/** Tries a camera: finds its streams by its host, or tries the addresses that were typed. */
export function useTrial() {
  const [outcome, setOutcome] = useState<Outcome>({ is: "none" });
  const running = useRef<AbortController>(null);

  /** Gives back what it learnt of the camera: to be shown in the fields. */
  const run = async (typed: ToTry, byHand: boolean): Promise<ToTry> => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setOutcome({ is: "running" });
    let known = typed;
    try {
      const address = readAddress(typed.address);
      if (address.is === "url" && !byHand) {
        known = {
          ...typed,
          address: address.url,
          main_url: address.url,
          username: address.username ?? typed.username,
          password: address.password ?? typed.password,
        };
      } else if (address.is === "host" && !byHand) {
        const { data: found } = await http.POST("/api/v1/cameras/find", {
          body: {
            host: address.host,
            port: address.port,
            username: typed.username || null,
            password: typed.password || null,
          },
          signal: abort.signal,
        });
        if (!found) return known;
        if (!found.main_url) {
          setOutcome({ is: "nothing", found });
          return known;
        }
        known = { ...typed, main_url: found.main_url, sub_url: found.sub_url ?? "" };
        setOutcome({ is: "works", streams: found.streams, found, key: keyOf(known) });
        return known;
      }
      const { data: tried } = await http.POST("/api/v1/cameras/probe", {
        body: {
          main_url: known.main_url,
          sub_url: known.sub_url || null,
          transport: known.transport,
          credentials: credentialsOf(known),
          pictures: true,
        },
        signal: abort.signal,
      });
      if (tried) setOutcome({ is: "works", streams: tried.streams, key: keyOf(known) });
    } catch (error) {
      if (abort.signal.aborted) return known;
      setOutcome({ is: "failed", problem: asProblem(error) });
    }
    return known;
  };
  const stop = () => {
    running.current?.abort();
    setOutcome({ is: "none" });
  };
  return { outcome, run, stop };
}
