import { Badge, Button, Card, Group, Stack, Table, Text, Title } from "@mantine/core";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, http, type Schemas } from "../api/client";
import { Problem } from "../api/problem";
import { useMay, usePlaces, useSession } from "../api/session";
import { Page } from "../components/Page";
import { placePath } from "../components/pick";
import { Answer, NothingHere } from "../components/states";
import { TextLink } from "../components/TextLink";
import { day, duration, hourMinute } from "../i18n/time";
import { Ago, useNow } from "./Ago";
import { HandOver } from "./shifts/HandOver";
import { SignOn } from "./shifts/SignOn";

type Shift = Schemas["Shift"];

export function ShiftsPage() {
  const { t } = useTranslation("officer");
  return (
    <Page title={t("shift.title")} hint={t("shift.hint")} needs="review">
      <Shifts />
    </Page>
  );
}

function Shifts() {
  const { t } = useTranslation(["officer", "common"]);
  const { user } = useSession();
  const client = useQueryClient();
  const open = api.useQuery("get", "/api/v1/shifts", { params: { query: { open: true, limit: 100 } } });
  const past = useInfiniteQuery({
    queryKey: ["shifts", "past"],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const query = { open: false, limit: 20, ...(pageParam && { cursor: pageParam }) };
      const { data } = await http.GET("/api/v1/shifts", { params: { query }, signal });
      if (!data) throw new Problem(500, {});
      return data;
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const changed = () => {
    void client.invalidateQueries({ queryKey: ["get", "/api/v1/shifts"] });
    void client.invalidateQueries({ queryKey: ["shifts", "past"] });
  };
  const handOver = (shift: Shift) =>
    modals.open({
      title: t("shift.handOver"),
      closeButtonProps: { "aria-label": t("common:do.close") },
      children: (
        <HandOver
          shift={shift}
          onDone={() => {
            changed();
            notifications.show({ message: t("shift.handedOver") });
          }}
        />
      ),
    });
  return (
    <Stack gap="lg">
      <Answer of={open}>
        {({ items }) => (
          <>
            {items
              .filter((shift) => shift.user_id === user.id)
              .map((shift) => (
                <Running key={shift.id} shift={shift} mine onHandOver={() => handOver(shift)} />
              ))}
            <SignOn
              taken={items.filter((shift) => shift.user_id === user.id).map((shift) => shift.place_id)}
              onDone={changed}
            />
            {items.some((shift) => shift.user_id !== user.id) && (
              <section>
                <Title order={2} size="h4" mb="xs">
                  {t("shift.others")}
                </Title>
                <Stack gap="xs">
                  {items
                    .filter((shift) => shift.user_id !== user.id)
                    .map((shift) => (
                      <Running key={shift.id} shift={shift} onHandOver={() => handOver(shift)} />
                    ))}
                </Stack>
              </section>
            )}
          </>
        )}
      </Answer>
      <section>
        <Title order={2} size="h4" mb="xs">
          {t("shift.past")}
        </Title>
        <Answer of={{ ...past, data: past.data }}>
          {({ pages }) => {
            const ended = pages.flatMap((page) => page.items).filter((shift) => shift.to);
            return ended.length > 0 ? (
              <>
                <PastShifts shifts={ended} />
                {past.hasNextPage && (
                  <Button
                    mt="sm"
                    variant="default"
                    loading={past.isFetchingNextPage}
                    onClick={() => void past.fetchNextPage()}
                  >
                    {t("common:do.more")}
                  </Button>
                )}
              </>
            ) : (
              <NothingHere title={t("shift.none")} hint={t("shift.noneHint")} />
            );
          }}
        </Answer>
      </section>
    </Stack>
  );
}

/** A shift that lasts. */
function Running({ shift, mine, onHandOver }: { shift: Shift; mine?: boolean; onHandOver: () => void }) {
  const { t } = useTranslation("officer");
  const places = usePlaces();
  const may = useMay();
  const now = useNow(30_000);
  return (
    <Card withBorder padding="md">
      <Group justify="space-between">
        <div>
          <Group gap="xs">
            <Badge color="green.9">{mine ? t("shift.onDuty") : shift.username}</Badge>
            <Text fw={600}>{placePath(places, shift.place_id)}</Text>
          </Group>
          <Text size="sm" mt={4}>
            {t("shift.since", { when: `${hourMinute(shift.from)} ${day(shift.from)}` })} ·{" "}
            {t("shift.lasts", { time: duration((now - Date.parse(shift.from)) / 1000) })}
          </Text>
        </div>
        <Group gap="xs">
          <TextLink size="sm" to="/shifts/$shiftId" params={{ shiftId: shift.id }}>
            {t("shift.report")}
          </TextLink>
          {(mine || may("decide", shift.place_id)) && (
            <Button variant={mine ? "filled" : "default"} onClick={onHandOver}>
              {t(mine ? "shift.handOver" : "shift.end")}
            </Button>
          )}
        </Group>
      </Group>
    </Card>
  );
}

function PastShifts({ shifts }: { shifts: Shift[] }) {
  const { t } = useTranslation("officer");
  const places = usePlaces();
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table striped highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("shift.when")}</Table.Th>
            <Table.Th>{t("shift.place")}</Table.Th>
            <Table.Th>{t("shift.who")}</Table.Th>
            <Table.Th>{t("shift.note")}</Table.Th>
            <Table.Th>{t("shift.report")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shifts.map((shift) => (
            <Table.Tr key={shift.id}>
              <Table.Td>
                {hourMinute(shift.from)}–{hourMinute(shift.to ?? shift.from)} {day(shift.from)}
                <Text size="xs" c="var(--mantine-color-text)">
                  <Ago when={shift.to ?? shift.from} />
                </Text>
              </Table.Td>
              <Table.Td>{placePath(places, shift.place_id)}</Table.Td>
              <Table.Td>{shift.username}</Table.Td>
              <Table.Td>
                <Text size="sm" lineClamp={2} maw={360}>
                  {shift.note}
                </Text>
              </Table.Td>
              <Table.Td>
                <TextLink size="sm" to="/shifts/$shiftId" params={{ shiftId: shift.id }}>
                  {t("shift.read")}
                </TextLink>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
