import { Button, Group, NumberInput, Skeleton, Stack, Text } from "@mantine/core";
import { IconMap2 } from "@tabler/icons-react";
import { lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { Later } from "../components/Later";
import type { MapPoint } from "../components/MapView";
import { wind } from "./bearing";
import classes from "./operator.module.css";

const PositionMap = lazy(() => import("./PositionMap").then((of) => ({ default: of.PositionMap })));

type Point = Schemas["GeoPoint"];
export interface Position {
  point: Point | null;
  bearing: number | null;
}

interface Props {
  value: Position;
  onChange: (value: Position) => void;
  others?: MapPoint[];
  /** Whether it looks somewhere. */
  looks?: boolean;
  height?: number;
  /** The map is fetched only when it is asked for: what comes before it shall be there at once. */
  later?: boolean;
}

/** Where something stands and where it looks: on the map, or as numbers. */
export function PositionField({
  value,
  onChange,
  others = [],
  looks = true,
  height = 340,
  later = false,
}: Props) {
  const { t } = useTranslation("operator");
  const { point, bearing } = value;
  const [wanted, setWanted] = useState(false);
  const degree = (side: keyof Point, most: number) => (
    <NumberInput
      label={t(`position.${side}`)}
      value={point?.[side] ?? ""}
      min={-most}
      max={most}
      decimalScale={6}
      step={0.0001}
      hideControls
      w={130}
      onChange={(typed) => {
        if (typed === "") return;
        const from = point ?? { latitude: 16.4637, longitude: 107.5909 };
        onChange({ ...value, point: { ...from, [side]: Number(typed) } });
      }}
    />
  );
  const shownWind =
    bearing === null ? null : (String(wind(bearing)) as "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7");
  return (
    <Stack gap="xs">
      <Text size="sm">{t(looks ? "position.hint" : "position.pointHint")}</Text>
      {later && !wanted && !point ? (
        <div className={classes.later} style={{ height }}>
          <Button
            variant="default"
            leftSection={<IconMap2 size={18} aria-hidden />}
            onClick={() => setWanted(true)}
          >
            {t("position.open")}
          </Button>
        </div>
      ) : (
        <Later fallback={<Skeleton height={height} />}>
          <PositionMap
            point={point}
            bearing={bearing}
            others={others}
            height={height}
            onPoint={(next) => onChange({ ...value, point: next })}
            onBearing={looks ? (next) => onChange({ ...value, bearing: next }) : undefined}
          />
        </Later>
      )}
      <Group align="flex-end" gap="xs">
        {degree("latitude", 90)}
        {degree("longitude", 180)}
        {looks && (
          <NumberInput
            label={t("position.bearing")}
            value={bearing ?? ""}
            min={0}
            max={359}
            step={5}
            w={220}
            suffix={shownWind ? `° (${t(`position.wind.${shownWind}`)})` : "°"}
            onChange={(typed) => onChange({ ...value, bearing: typed === "" ? null : Number(typed) % 360 })}
          />
        )}
        {point && (
          <Button variant="subtle" onClick={() => onChange({ point: null, bearing: null })}>
            {t("position.clear")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
