import "@mantine/charts/styles.css";
import { AreaChart } from "@mantine/charts";
import { Group, Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../api/client";
import { Problem } from "../api/problem";
import { Failed, Loading, NothingHere } from "../components/states";
import { hourMinute } from "../i18n/time";
import { number } from "./figures";

/** What the analysis of a camera took, minute by minute, and why it looks closer or not. */
export function CameraCost({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation("operator");
  const asked = api.useQuery(
    "get",
    "/api/v1/cameras/{camera_id}/analysis",
    { params: { path: { camera_id: camera.id } } },
    { refetchInterval: 10_000 },
  );
  const absent = asked.error instanceof Problem && [404, 409, 503].includes(asked.error.status);
  if (!camera.analysed || absent) return <NothingHere title={t("cost.none")} hint={t("cost.noneHint")} />;
  if (asked.error) return <Failed error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return <Loading />;
  const watch = asked.data;
  const rows = watch.minutes.map(({ minute, cost }) => ({
    minute: hourMinute(minute),
    decode: Math.round(cost.decode_ms),
    motion: Math.round(cost.motion_ms),
    detect: Math.round(cost.detect_ms),
    pictures: Math.round(cost.picture_ms),
    lag: Math.round(cost.longest_lag_ms),
  }));
  const series = [
    { name: "decode", label: t("cost.decode"), color: "cyan.7" },
    { name: "motion", label: t("cost.motion"), color: "lime.7" },
    { name: "detect", label: t("cost.detect"), color: "orange.7" },
    { name: "pictures", label: t("cost.pictures"), color: "grape.6" },
  ] as const;
  return (
    <Stack>
      <Group>
        <Text fw={600}>{t("cost.now", { state: t(`cost.state.${watch.state}`) })}</Text>
        {watch.reason && <Text>{t(`cost.reason.${watch.reason}`)}</Text>}
        <Text>{t("cost.looks", { value: number(watch.looks_per_second, 1) })}</Text>
      </Group>
      <Text>{t("cost.chart")}</Text>
      <AreaChart
        h={260}
        data={rows}
        dataKey="minute"
        type="stacked"
        series={[...series]}
        withLegend
        withDots={false}
        curveType="step"
        valueFormatter={(value) => number(value)}
        areaChartProps={{ accessibilityLayer: false }}
      />
      <details>
        <summary>{t("cost.table")}</summary>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("cost.minute")}</Table.Th>
              {series.map((one) => (
                <Table.Th key={one.name}>{one.label}</Table.Th>
              ))}
              <Table.Th>{t("cost.lag")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.minute}>
                <Table.Td>{row.minute}</Table.Td>
                {series.map((one) => (
                  <Table.Td key={one.name}>{number(row[one.name])}</Table.Td>
                ))}
                <Table.Td>{number(row.lag)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </details>
    </Stack>
  );
}
