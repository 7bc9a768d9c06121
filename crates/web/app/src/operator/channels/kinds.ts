import type { Schemas } from "../../api/client";

export type Settings = Schemas["ChannelSettings"];
export type Kind = Settings["type"];

export const KINDS = ["zalo", "telegram", "email", "web_push", "webhook", "mqtt"] as const satisfies Kind[];

type SecretName =
  | "secret"
  | "access_token"
  | "refresh_token"
  | "secret_key"
  | "oa_secret_key"
  | "token"
  | "username"
  | "password";

/** The secrets of a kind that a person enters: needed ones, and those that it may have besides. */
export const SECRETS: Record<Kind, { must: SecretName[]; may: SecretName[] }> = {
  webhook: { must: ["secret"], may: [] },
  zalo: { must: ["access_token", "refresh_token", "secret_key"], may: ["oa_secret_key"] },
  telegram: { must: ["token"], may: [] },
  email: { must: [], may: ["username", "password"] },
  mqtt: { must: [], may: ["username", "password"] },
  web_push: { must: [], may: [] },
};

/** What is to be filled in for a kind at first. */
export function emptySettings(kind: Kind): Settings {
  switch (kind) {
    case "webhook":
      return { type: kind, url: "" };
    case "zalo":
      return { type: kind, app_id: "", oa_id: "", recipient: { type: "group", group_id: "" } };
    case "telegram":
      return { type: kind, chat_id: "" };
    case "email":
      return { type: kind, host: "", port: 465, security: "tls", from: "", to: [] };
    case "mqtt":
      return { type: kind, host: "", port: 1883, prefix: "taimat", discovery_prefix: "homeassistant" };
    case "web_push":
      return { type: kind, endpoint: "", p256dh: "", subject: "" };
  }
}

/** What a kind cannot do without and is not filled in, as paths in its settings. */
export function missing(settings: Settings): string[] {
  const lacking = (values: Record<string, unknown>) => Object.keys(values).filter((name) => !values[name]);
  switch (settings.type) {
    case "webhook":
      return lacking({ url: settings.url });
    case "zalo": {
      const { recipient } = settings;
      return lacking(
        recipient.type === "group"
          ? { app_id: settings.app_id, "recipient.group_id": recipient.group_id }
          : { app_id: settings.app_id, "recipient.user_id": recipient.user_id },
      );
    }
    case "telegram":
      return lacking({ chat_id: settings.chat_id });
    case "email":
      return lacking({ host: settings.host, from: settings.from, to: settings.to.length });
    case "mqtt":
      return lacking({ host: settings.host });
    case "web_push":
      return lacking({ subject: settings.subject, endpoint: settings.endpoint });
  }
}

/** The secrets that still have to be entered: all that are needed, where one is given or none is stored. */
export function missingSecrets(kind: Kind, given: Record<string, string>, stored: boolean): string[] {
  if (stored && !Object.values(given).some(Boolean)) return [];
  return SECRETS[kind].must.filter((name) => !given[name]);
}

/** Where a channel leads, in short. */
export function destination(settings: Settings): string {
  switch (settings.type) {
    case "webhook":
      return settings.url;
    case "zalo":
      return settings.recipient.type === "group" ? settings.recipient.group_id : settings.recipient.user_id;
    case "telegram":
      return settings.chat_id;
    case "email":
      return settings.to.join(", ");
    case "mqtt":
      return settings.host;
    case "web_push":
      return URL.canParse(settings.endpoint) ? new URL(settings.endpoint).host : settings.endpoint;
  }
}
