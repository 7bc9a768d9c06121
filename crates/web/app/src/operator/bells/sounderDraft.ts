import type { UseFormReturnType } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";

/** Both ways of switching it, so that what was typed for one stays when the other is looked at. */
const OUTPUT = {
  type: "mqtt" as "mqtt" | "http",
  topic: "",
  on: "ON",
  off: "OFF",
  answer_topic: "",
  answer_holds: "",
  url: "",
  off_url: "",
  body: "",
};

const withoutNull = (output: object) =>
  Object.fromEntries(Object.entries(output).map(([name, value]) => [name, value ?? ""]));

function outputOf({ type, url, off_url, body, ...mqtt }: typeof OUTPUT): Schemas["SounderOutput"] {
  return type === "http"
    ? { type, url, body, off_url: off_url || null }
    : { type, ...mqtt, off: mqtt.off || null, answer_topic: mqtt.answer_topic || null };
}

/** A sounder as it is filled in. */
export const draftOf = (sounder?: Schemas["Sounder"]) => ({
  place_id: sounder?.place_id ?? "",
  name: sounder?.name ?? "",
  kind: sounder?.kind ?? ("gong" as Schemas["SounderKind"]),
  enabled: sounder?.enabled ?? true,
  seconds: sounder?.seconds ?? (10 as number | ""),
  point: sounder?.point ?? (null as Schemas["GeoPoint"] | null),
  rules: sounder?.rules ?? ([] as string[]),
  bells_within: sounder?.bells_within ?? ("" as number | ""),
  timetable: sounder?.timetable ?? (null as Schemas["Schedule"] | null),
  output: { ...OUTPUT, ...withoutNull(sounder?.output ?? {}) },
});

export type SounderDraft = ReturnType<typeof draftOf>;
export type SounderFormed = UseFormReturnType<SounderDraft>;

/** What is stored of it; its place is given apart. */
export function specOf({ place_id: _, output, seconds, bells_within, ...rest }: SounderDraft) {
  return {
    ...rest,
    seconds: Number(seconds),
    output: outputOf(output),
    bells_within: bells_within === "" ? null : bells_within,
  };
}

/** What the fields of a sounder are called, and what would be right in them. */
export function useSounderFields() {
  const { t } = useTranslation(["operator", "common"]);
  return {
    place_id: { label: t("common:place.label"), right: t("rule.placeNeeded") },
    name: { label: t("sounders.name"), right: t("right.name"), value: String },
    kind: { label: t("sounders.kind") },
    enabled: { label: t("bells.enabled") },
    seconds: { label: t("sounders.seconds"), right: t("right.whole", { from: 1, to: 600 }) },
    point: { label: t("position.label"), right: t("sounders.pointNeeded") },
    rules: { label: t("sounders.rules") },
    bells_within: { label: t("sounders.bellsWithin"), right: t("right.range", { from: 1, to: 5000 }) },
    timetable: { label: t("sounders.timetable"), right: t("right.schedule") },
    output: { label: t("sounders.output") },
    "output.topic": { label: t("sounders.topic"), right: t("right.topic") },
    "output.on": { label: t("sounders.on"), right: t("right.short") },
    "output.off": { label: t("sounders.off"), right: t("right.short") },
    "output.answer_topic": { label: t("sounders.answerTopic"), right: t("right.topic") },
    "output.answer_holds": { label: t("sounders.answerHolds"), right: t("right.short") },
    "output.url": { label: t("sounders.url"), right: t("right.url") },
    "output.off_url": { label: t("sounders.offUrl"), right: t("right.url") },
    "output.body": { label: t("sounders.body"), right: t("right.short") },
  };
}
