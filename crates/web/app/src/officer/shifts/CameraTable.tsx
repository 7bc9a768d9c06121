import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { duration, moment } from "../../i18n/time";
import { needsWord } from "./figures";

interface Props {
  cameras: Schemas["CameraHealth"][];
  offline: Schemas["OfflineCamera"][];
}

/** The cameras that something is to be said about: away, or with something missing. */
export function CameraTable({ cameras, offline }: Props) {
  const { t } = useTranslation("officer");
  const away = new Map(offline.map((one) => [one.camera_id, one]));
  const told = cameras.filter((one) => needsWord(one) || away.has(one.camera_id));
  if (told.length === 0) return <Text>{t(cameras.length === 0 ? "report.noCamera" : "report.allWell")}</Text>;
  const missing = ({ gaps, total_seconds }: Schemas["Missing"]) =>
    gaps > 0 ? t("report.missing", { count: gaps, time: duration(total_seconds) }) : "–";
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("report.camera")}</Table.Th>
            <Table.Th>{t("report.now")}</Table.Th>
            <Table.Th>{t("report.recording")}</Table.Th>
            <Table.Th>{t("report.analysis")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {told.map((one) => {
            const gone = away.get(one.camera_id);
            return (
              <Table.Tr key={one.camera_id}>
                <Table.Td>{one.name}</Table.Td>
                <Table.Td>
                  {gone ? (
                    <>
                      {t("live.offline")} {t("live.since", { when: moment(gone.since) })}
                      {gone.trouble && ` · ${t(`trouble.${gone.trouble.kind}`)}`}
                    </>
                  ) : one.missing_since ? (
                    <>
                      {t("live.since", { when: moment(one.missing_since) })}
                      {one.missing_because && ` · ${t(`gap.${one.missing_because}`)}`}
                    </>
                  ) : (
                    t("report.works")
                  )}
                </Table.Td>
                <Table.Td>{missing(one.recording)}</Table.Td>
                <Table.Td>{missing(one.analysis)}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
