import { Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../api/client";
import { useMay } from "../api/session";
import { Answer, NothingHere } from "../components/states";
import { moment, rfc3339 } from "../i18n/time";
import { span } from "./figures";
import classes from "./operator.module.css";

const DAY = 86_400_000;

/** What is missing of a camera's last day, and why. */
export function CameraGaps({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation("operator");
  const may = useMay();
  const [now] = useState(() => Date.now());
  const allowed = may("review", camera.place_id);
  const asked = api.useQuery(
    "get",
    "/api/v1/cameras/{camera_id}/timeline",
    {
      params: {
        path: { camera_id: camera.id },
        query: { from: rfc3339(now - DAY), to: rfc3339(now), stream: "main" },
      },
    },
    { enabled: allowed },
  );
  if (!allowed) return <Text>{t("quiet.noRight")}</Text>;
  const seconds = (gap: Schemas["Gap"]) =>
    ((gap.to ? Date.parse(gap.to) : now) - Math.max(Date.parse(gap.from), now - DAY)) / 1000;
  return (
    <Answer of={asked}>
      {({ gaps }) =>
        gaps.length === 0 ? (
          <NothingHere title={t("gaps.none")} hint={t("gaps.noneHint")} />
        ) : (
          <>
            <Text mb="xs">
              {t("gaps.total", {
                count: gaps.length,
                span: span(gaps.reduce((sum, gap) => sum + seconds(gap), 0)),
              })}
            </Text>
            <Table.ScrollContainer minWidth={700}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("gaps.from")}</Table.Th>
                    <Table.Th>{t("gaps.to")}</Table.Th>
                    <Table.Th>{t("gaps.length")}</Table.Th>
                    <Table.Th>{t("gaps.what")}</Table.Th>
                    <Table.Th>{t("gaps.why")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {gaps.map((gap) => (
                    <Table.Tr key={`${gap.stream} ${gap.kind} ${gap.from}`}>
                      <Table.Td className={classes.figure}>{moment(gap.from)}</Table.Td>
                      <Table.Td className={classes.figure}>
                        {gap.to ? moment(gap.to) : t("gaps.now")}
                      </Table.Td>
                      <Table.Td>{span(seconds(gap))}</Table.Td>
                      <Table.Td>
                        {t(`gaps.kind.${gap.kind}`)}, {t(`add.whichStream.${gap.stream}`)}
                      </Table.Td>
                      <Table.Td>
                        {t(`gaps.reason.${gap.reason}`)}
                        {gap.caught_up_at && ` · ${t("gaps.caughtUp", { when: moment(gap.caught_up_at) })}`}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </>
        )
      }
    </Answer>
  );
}
