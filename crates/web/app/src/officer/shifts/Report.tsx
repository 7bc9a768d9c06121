import { Card, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { useCameraById } from "../../components/pick";
import { TextLink } from "../../components/TextLink";
import { said } from "../../i18n";
import { day, duration, hourMinute, moment } from "../../i18n/time";
import { SEVERITIES, STATES } from "../queue/search";
import { CameraTable } from "./CameraTable";
import { count, needsWord, took } from "./figures";

type ReportData = Schemas["ShiftReportAnswer"];

/** What a shift hands over, to read and to print. */
export function Report({ report }: { report: ReportData }) {
  const { t } = useTranslation(["officer", "common"]);
  const { shift } = report;
  const came = count(report.came);
  const p90 = ({ p90_seconds }: Schemas["Waited"]) =>
    typeof p90_seconds === "number" ? t("report.p90", { time: duration(p90_seconds) }) : undefined;
  const bad = report.cameras.filter(needsWord).length;
  return (
    <Stack gap="lg">
      <div>
        <Text size="lg" fw={600}>
          {report.place_name} · {shift.username}
        </Text>
        <Text>
          {hourMinute(shift.from)} {day(shift.from)} – {hourMinute(report.until)} {day(report.until)} (
          {duration((Date.parse(report.until) - Date.parse(shift.from)) / 1000)})
          {!shift.to && ` · ${t("report.lasts")}`}
        </Text>
        {report.others.length > 0 && (
          <Text size="sm">
            {t("report.others", { names: report.others.map((other) => other.username).join(", ") })}
          </Text>
        )}
      </div>
      {shift.note && (
        <Card withBorder className="keep-together">
          <Text fw={600}>{t("shift.note")}</Text>
          <Text style={{ whiteSpace: "pre-wrap" }}>{shift.note}</Text>
        </Card>
      )}
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} className="keep-together">
        <Figure value={came} name={t("report.came")} />
        <Figure value={count(report.came, (one) => one.severity === "alarm")} name={t("report.alarms")} />
        <Figure
          value={took(report.until_taken.median_seconds)}
          name={t("report.untilTaken")}
          more={p90(report.until_taken)}
        />
        <Figure
          value={took(report.until_decided.median_seconds)}
          name={t("report.untilDecided")}
          more={p90(report.until_decided)}
        />
        <Figure value={report.open_count} name={t("report.openCount")} />
      </SimpleGrid>
      <Section title={t("report.cameTitle")}>
        {came > 0 ? <CameTable came={report.came} /> : <Text>{t("report.nothing")}</Text>}
      </Section>
      <Section title={t("report.open", { count: report.open_count })}>
        {report.open.length > 0 ? <Items items={report.open} /> : <Text>{t("report.noOpen")}</Text>}
      </Section>
      <Section title={t("report.escalated")}>
        {report.escalated.length > 0 ? (
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("item.when")}</Table.Th>
                <Table.Th>{t("report.what")}</Table.Th>
                <Table.Th>{t("shift.who")}</Table.Th>
                <Table.Th>{t("step.note")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {report.escalated.map((one) => (
                <Table.Tr key={`${one.item.id} ${one.at}`}>
                  <Table.Td>{moment(one.at)}</Table.Td>
                  <Table.Td>{said(one.item.why)}</Table.Td>
                  <Table.Td>{one.username || t("item.server")}</Table.Td>
                  <Table.Td>{one.note}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        ) : (
          <Text>{t("report.noEscalated")}</Text>
        )}
      </Section>
      <Section title={t("report.cameras", { bad, all: report.cameras.length })}>
        <CameraTable cameras={report.cameras} offline={report.offline} />
      </Section>
    </Stack>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}

function Figure({ value, name, more }: { value: string | number; name: string; more?: string }) {
  return (
    <Card withBorder padding="sm">
      <Text size="xl" fw={700}>
        {value}
      </Text>
      <Text size="sm">{name}</Text>
      {more && <Text size="xs">{more}</Text>}
    </Card>
  );
}

function CameTable({ came }: { came: ReportData["came"] }) {
  const { t } = useTranslation(["officer", "common"]);
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("queue.severity")}</Table.Th>
            {STATES.map((state) => (
              <Table.Th key={state} ta="right">
                {t(`state.${state}`)}
              </Table.Th>
            ))}
            <Table.Th ta="right">{t("report.all")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {SEVERITIES.map((severity) => (
            <Table.Tr key={severity}>
              <Table.Th>{t(`common:severity.${severity}`)}</Table.Th>
              {STATES.map((state) => (
                <Table.Td key={state} ta="right">
                  {count(came, (one) => one.severity === severity && one.state === state) || "–"}
                </Table.Td>
              ))}
              <Table.Td ta="right" fw={600}>
                {count(came, (one) => one.severity === severity)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Items({ items }: { items: Schemas["ReviewItem"][] }) {
  const { t } = useTranslation(["officer", "common"]);
  const cameras = useCameraById();
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("queue.severity")}</Table.Th>
            <Table.Th>{t("report.what")}</Table.Th>
            <Table.Th>{t("common:camera.label")}</Table.Th>
            <Table.Th>{t("item.when")}</Table.Th>
            <Table.Th>{t("queue.state")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={item.id}>
              <Table.Td>{t(`common:severity.${item.severity}`)}</Table.Td>
              <Table.Td>
                <TextLink size="sm" to="/queue" search={{ item: item.id }}>
                  {said(item.why)}
                </TextLink>
              </Table.Td>
              <Table.Td>{cameras.get(item.camera_id ?? "")?.name}</Table.Td>
              <Table.Td>{moment(item.first_at)}</Table.Td>
              <Table.Td>
                {t(`state.${item.state}`)}
                {item.officer && ` (${item.officer.username})`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
