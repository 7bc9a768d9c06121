import { Anchor, Table, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { DateTimeInput } from "../../components/DateTimeInput";
import { useCameraById } from "../../components/pick";
import { ProblemAlert } from "../../components/states";
import { clock, fromField, rfc3339, toField } from "../../i18n/time";

const SPEEDS = ["walker", "motorcycle", "car"] as const;

/** The cameras along a route in order, and when somebody who set out at a moment would pass each. */
export function AlongRoute({ way, from }: { way: Schemas["Way"]; from: number }) {
  const { t } = useTranslation(["investigator", "common"]);
  const cameras = useCameraById();
  const [start, setStart] = useState(() => toField(from));
  const along = api.useQuery("post", "/api/v1/cameras/along", { body: way }, { staleTime: 60_000 });
  const began = Date.parse(fromField(start));
  return (
    <section aria-label={t("search.along.title")}>
      <DateTimeInput
        size="xs"
        mb="xs"
        maw={220}
        label={t("search.along.start")}
        valueFormat="HH:mm:ss DD/MM/YYYY"
        withSeconds
        value={start}
        onChange={(value) => value && setStart(value)}
      />
      {along.error && <ProblemAlert problem={along.error} />}
      {along.data && along.data.items.length === 0 && <Text size="sm">{t("search.along.none")}</Text>}
      {along.data && along.data.items.length > 0 && (
        <Table fz="xs" verticalSpacing={3} horizontalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("common:camera.label")}</Table.Th>
              {SPEEDS.map((speed) => (
                <Table.Th key={speed}>{t(`search.along.${speed}`)}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {along.data.items.map((passed) => (
              <Table.Tr key={passed.camera_id}>
                <Table.Td>
                  {cameras.get(passed.camera_id)?.name}
                  <Text size="xs">
                    {t("search.along.metres", { metres: Math.round(passed.along_metres) })}
                  </Text>
                </Table.Td>
                {SPEEDS.map((speed) => {
                  const at = began + passed.seconds[speed] * 1000;
                  return (
                    <Table.Td key={speed}>
                      <Anchor
                        size="xs"
                        renderRoot={(props) => (
                          <Link
                            {...props}
                            to="/playback"
                            search={{ cameras: [passed.camera_id], at: rfc3339(at), span: 600 }}
                          />
                        )}
                      >
                        {clock(at)}
                      </Anchor>
                    </Table.Td>
                  );
                })}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}
