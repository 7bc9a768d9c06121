import { Text, Timeline, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { MapRef } from "@vis.gl/react-maplibre";
import { lazy, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { useMay, usePlaces } from "../../api/session";
import { Later } from "../../components/Later";
import { placePath, useCameraById } from "../../components/pick";
import { moment } from "../../i18n/time";
import { nearest } from "../distance";
import { RingButton } from "../sounders/RingButton";
import type { View } from "./clips";
import type { Item } from "./order";
import classes from "./queue.module.css";
import { REASONS } from "./steps";
import { detailOptions } from "./useQueue";

const MapView = lazy(async () => ({ default: (await import("../../components/MapView")).MapView }));

const RINGING = 3;

/** Where, when, by which rule, and what was done so far. */
export function ItemFacts({ item, around }: { item: Item; around: View[] }) {
  const { t } = useTranslation(["officer", "common"]);
  const places = usePlaces();
  const cameras = useCameraById();
  const { data: detail } = useQuery(detailOptions(item.id));
  const camera = cameras.get(item.camera_id ?? "");
  const condition = detail?.fired[0]?.rule.condition;
  const bell = useBell(condition);
  const mapped = useLater();
  const point = bell?.point ?? camera?.point ?? cameras.get(around[0]?.camera ?? "")?.point;
  const sounders = useSounders(point, condition?.type === "bell_pressed" || item.severity === "alarm");
  return (
    <div className={classes.columns}>
      <div>
        <dl className={classes.facts}>
          {condition && "household" in condition && (
            <>
              <dt>{t("item.household")}</dt>
              <dd>{condition.household}</dd>
              <dt>{t("item.bell")}</dt>
              <dd>
                {condition.bell}
                {condition.test && ` (${t("item.trial")})`}
              </dd>
            </>
          )}
          {condition?.type === "report_received" && (
            <>
              <dt>{t("item.sender")}</dt>
              <dd>{condition.sender}</dd>
              <dt>{t("item.said")}</dt>
              <dd>{condition.text}</dd>
            </>
          )}
          <dt>{t("item.where")}</dt>
          <dd>{[camera?.name, placePath(places, item.place_id)].filter(Boolean).join(" – ")}</dd>
          <dt>{t("item.when")}</dt>
          <dd>
            {moment(item.first_at)}
            {item.firings > 1 && <> · {t("queue.firings", { count: item.firings })}</>}
          </dd>
          <dt>{t("item.rule")}</dt>
          <dd>{item.rule_name}</dd>
          {item.assigned_place_id !== item.place_id && (
            <>
              <dt>{t("item.assigned")}</dt>
              <dd>{placePath(places, item.assigned_place_id)}</dd>
            </>
          )}
          {item.dismissed_because && (
            <>
              <dt>{t("item.dismissedBecause")}</dt>
              <dd>{reasonOrNote(item.dismissed_because, (reason) => t(`reason.${reason}`))}</dd>
            </>
          )}
        </dl>
        {sounders.length > 0 && (
          <>
            <Title order={3} size="h6" mt="md" mb={6}>
              {t("item.ringNear")}
            </Title>
            {sounders.map(({ one, metres }) => (
              <RingButton key={one.id} sounder={one} metres={metres} item={item.id} />
            ))}
          </>
        )}
        <Title order={3} size="h6" mt="md" mb={6}>
          {t("item.steps")}
        </Title>
        <Steps steps={detail?.steps} />
      </div>
      {point && mapped && (
        <Later fallback={<div style={{ height: 220 }} />}>
          <MapInset
            label={t("item.mapOf", { what: bell?.name ?? camera?.name ?? item.rule_name })}
            point={point}
            cameras={around.flatMap((one) => cameras.get(one.camera) ?? [])}
          />
        </Later>
      )}
    </div>
  );
}

/** Not at once: the clip comes before the map. */
function useLater(): boolean {
  const [later, setLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), 1_000);
    return () => clearTimeout(timer);
  }, []);
  return later;
}

/** Where it was, with the cameras around. */
function MapInset({
  label,
  point,
  cameras,
}: {
  label: string;
  point: Schemas["GeoPoint"];
  cameras: Schemas["Camera"][];
}) {
  const map = useRef<MapRef>(null);
  const { latitude, longitude } = point;
  useEffect(() => {
    map.current?.jumpTo({ center: [longitude, latitude] });
  }, [latitude, longitude]);
  const same = (one: Schemas["Camera"]) =>
    one.point?.latitude === latitude && one.point.longitude === longitude;
  const around = cameras.flatMap((one) =>
    one.point && !same(one) ? { id: one.id, point: one.point, bearing: one.bearing, label: one.name } : [],
  );
  const bearing = cameras.find(same)?.bearing;
  return (
    <MapView
      ref={map}
      still
      height={220}
      label={label}
      centre={point}
      points={[...around, { id: "here", point, bearing, label, state: "alarm" }]}
    />
  );
}

function Steps({ steps }: { steps: Schemas["StepAnswer"][] | undefined }) {
  const { t } = useTranslation("officer");
  if (!steps) return null;
  if (steps.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t("item.noSteps")}
      </Text>
    );
  return (
    <Timeline bulletSize={12} lineWidth={2} active={steps.length}>
      {steps.map((step) => (
        <Timeline.Item
          key={`${step.at} ${step.step}`}
          title={
            <Text size="sm">
              {t(`done.${step.step}`, {
                who: step.user_id ? step.username : step.username || t("item.server"),
              })}
            </Text>
          }
        >
          {step.reason && <Text size="sm">{t(`reason.${step.reason}`)}</Text>}
          {step.note && <Text size="sm">“{step.note}”</Text>}
          <Text size="xs" c="dimmed">
            {moment(step.at)}
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

/** The bell that a condition tells of, where it can still be found. */
function useBell(condition: Schemas["Condition"] | undefined): Schemas["Bell"] | undefined {
  const pressed = condition && "household" in condition ? condition : undefined;
  const { data } = api.useQuery("get", "/api/v1/bells", {}, { enabled: Boolean(pressed) });
  return data?.items.find((one) => one.name === pressed?.bell && one.household === pressed.household);
}

/** What can be rung nearest to a point. */
function useSounders(point: Schemas["GeoPoint"] | null | undefined, wanted: boolean) {
  const may = useMay();
  const { data } = api.useQuery("get", "/api/v1/sounders", {}, { enabled: wanted && may("ring") });
  const ringable = data?.items.filter((one) => one.enabled !== false && may("ring", one.place_id)) ?? [];
  return wanted ? nearest(point, ringable).slice(0, RINGING) : [];
}

function reasonOrNote(text: string, named: (reason: (typeof REASONS)[number]) => string): string {
  const reason = REASONS.find((one) => one === text);
  return reason ? named(reason) : text;
}
