import "@mantine/charts/styles.css";
import { AreaChart } from "@mantine/charts";
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { bytes, number } from "../figures";
import { forecast } from "./forecast";

/** The room that recordings will take, against what there is. */
export function StorageChart({ storage }: { storage: Schemas["Storage"] }) {
  const { t } = useTranslation("operator");
  const data = forecast(storage).map(({ day, bytes }) => ({
    day: t("health.day", { n: day }),
    use: bytes / 1e9,
  }));
  const capacity = storage.capacity_bytes / 1e9;
  return (
    <div role="img" aria-label={t("health.chart")}>
      <Text size="sm">{t("health.chart")}</Text>
      <AreaChart
        h={150}
        data={data}
        dataKey="day"
        series={[{ name: "use", label: t("health.use"), color: "cyan.7" }]}
        referenceLines={[{ y: capacity, color: "red.8", label: bytes(storage.capacity_bytes) }]}
        yAxisProps={{ domain: [0, Math.ceil(capacity * 1.15)], width: 60 }}
        valueFormatter={(value) => number(value)}
        withDots={false}
        areaChartProps={{ accessibilityLayer: false }}
      />
    </div>
  );
}
