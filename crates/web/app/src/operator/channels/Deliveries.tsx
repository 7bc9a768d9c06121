import { Badge, Button, Group, Select, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, byCursor, queryClient, type Schemas } from "../../api/client";
import { Failed, Loading, NothingHere, ProblemAlert } from "../../components/states";
import { said } from "../../i18n";
import { moment } from "../../i18n/time";
import { BAD, GOOD, WARN } from "../tones";
import { DeliveryTrouble } from "./DeliveryTrouble";

const COLOURS = { pending: WARN, sent: GOOD, dead: BAD } as const;
const STATES = ["pending", "sent", "dead"] as const satisfies Schemas["DeliveryState"][];

/** What went out, what did not, and why. */
export function Deliveries() {
  const { t } = useTranslation(["operator", "common"]);
  const { state, channel } = useSearch({ from: "/channels" });
  const navigate = useNavigate({ from: "/channels" });
  const channels = api.useQuery("get", "/api/v1/channels").data?.items ?? [];
  const asked = api.useInfiniteQuery(
    "get",
    "/api/v1/deliveries",
    { params: { query: { limit: 50, channel, state: state && [state] } } },
    // Every page that is open is asked for anew: who has opened many waits longer.
    { ...byCursor, refetchInterval: ({ state }) => 5000 * (state.data?.pages.length ?? 1) },
  );
  const resend = api.useMutation("post", "/api/v1/deliveries/{delivery_id}/resend", {
    onSuccess: () => {
      notifications.show({ message: t("deliveries.resent") });
      return queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/deliveries"] });
    },
  });
  const filter = (change: { state?: Schemas["DeliveryState"]; channel?: string }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack>
      <Group align="flex-end">
        <Select
          label={t("deliveries.state")}
          placeholder={t("deliveries.anyState")}
          clearable
          data={STATES.map((value) => ({ value, label: t(`deliveries.states.${value}`) }))}
          value={state ?? null}
          onChange={(next) => filter({ state: (next as Schemas["DeliveryState"] | null) ?? undefined })}
        />
        <Select
          label={t("deliveries.channel")}
          placeholder={t("deliveries.anyChannel")}
          clearable
          data={channels.map((one) => ({ value: one.id, label: one.name }))}
          value={channel ?? null}
          onChange={(next) => filter({ channel: next ?? undefined })}
        />
      </Group>
      {resend.error && <ProblemAlert problem={resend.error} />}
      {asked.error ? (
        <Failed error={asked.error} retry={() => void asked.refetch()} />
      ) : !asked.data ? (
        <Loading />
      ) : items.length === 0 ? (
        <NothingHere title={t("deliveries.none")} hint={t("deliveries.noneHint")} />
      ) : (
        <Table.ScrollContainer minWidth={860}>
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("deliveries.when")}</Table.Th>
                <Table.Th>{t("deliveries.channel")}</Table.Th>
                <Table.Th>{t("deliveries.what")}</Table.Th>
                <Table.Th>{t("deliveries.state")}</Table.Th>
                <Table.Th>
                  <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((one) => (
                <Table.Tr key={one.id}>
                  <Table.Td>{moment(one.created_at)}</Table.Td>
                  <Table.Td>{channels.find((it) => it.id === one.channel_id)?.name ?? "–"}</Table.Td>
                  <Table.Td>
                    <Text size="sm" fw={600}>
                      {t(`deliveries.kinds.${one.kind}`)}
                      {one.warning && `: ${one.warning.rule}`}
                    </Text>
                    {one.warning && (
                      <Text size="sm">
                        {[said(one.warning.why), one.warning.camera].filter(Boolean).join(" ")}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Badge color={COLOURS[one.state]} tt="none">
                      {one.held ? t("deliveries.held") : t(`deliveries.states.${one.state}`)}
                    </Badge>
                    <Text size="sm">
                      {t("deliveries.attempts", { count: one.attempts })}
                      {one.state === "pending" &&
                        ` · ${t("deliveries.next", { when: moment(one.next_attempt_at) })}`}
                    </Text>
                    <DeliveryTrouble delivery={one} />
                  </Table.Td>
                  <Table.Td>
                    {one.state === "dead" && (
                      <Button
                        size="compact-sm"
                        variant="default"
                        aria-label={t("deliveries.resendName", { when: moment(one.created_at) })}
                        loading={resend.isPending}
                        onClick={() => resend.mutate({ params: { path: { delivery_id: one.id } } })}
                      >
                        {t("deliveries.resend")}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
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
