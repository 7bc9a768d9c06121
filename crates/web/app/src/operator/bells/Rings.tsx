import { Button, Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, byCursor, queryClient } from "../../api/client";
import { useLive } from "../../api/live";
import { Failed, Loading, NothingHere } from "../../components/states";
import { moment } from "../../i18n/time";
import { BAD_TEXT } from "../tones";

/** What was rung, by whom and why. */
export function Rings() {
  const { t } = useTranslation(["operator", "common"]);
  const asked = api.useInfiniteQuery("get", "/api/v1/rings", { params: { query: { limit: 50 } } }, byCursor);
  useLive((change) => {
    if (change.type === "ring_changed")
      void queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/rings"] });
  });
  if (asked.error) return <Failed error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return <Loading />;
  const rings = asked.data.pages.flatMap((page) => page.items);
  if (rings.length === 0) return <NothingHere title={t("rings.none")} hint={t("rings.noneHint")} />;
  return (
    <Stack>
      <Table.ScrollContainer minWidth={720}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("rings.when")}</Table.Th>
              <Table.Th>{t("rings.what")}</Table.Th>
              <Table.Th>{t("rings.cause")}</Table.Th>
              <Table.Th>{t("rings.who")}</Table.Th>
              <Table.Th>{t("rings.state")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rings.map((ring) => (
              <Table.Tr key={ring.id}>
                <Table.Td>{moment(ring.asked_at)}</Table.Td>
                <Table.Td>{ring.sounder_name}</Table.Td>
                <Table.Td>
                  {t(`rings.causes.${ring.cause}`)}: {ring.reason}
                </Table.Td>
                <Table.Td>{ring.username ?? "–"}</Table.Td>
                <Table.Td>
                  <Text size="sm" c={ring.state === "failed" ? BAD_TEXT : undefined}>
                    {t(`rings.states.${ring.state}`)}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {asked.hasNextPage && (
        <Button
          variant="default"
          w="fit-content"
          loading={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
        >
          {t("common:do.more")}
        </Button>
      )}
    </Stack>
  );
}
