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
                <DeliveryRow
                  key={one.id}
                  delivery={one}
                  channel={channels.find((it) => it.id === one.channel_id)?.name ?? "–"}
                />
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

interface RowProps {
  delivery: Schemas["Delivery"];
  /** The name of its channel. */
  channel: string;
}

function DeliveryRow({ delivery, channel }: RowProps) {
  const { t } = useTranslation("operator");
  const resend = api.useMutation("post", "/api/v1/deliveries/{delivery_id}/resend", {
    onSuccess: () => {
      notifications.show({ message: t("deliveries.resent") });
      return queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/deliveries"] });
    },
  });
  return (
    <Table.Tr>
      <Table.Td>{moment(delivery.created_at)}</Table.Td>
      <Table.Td>{channel}</Table.Td>
      <Table.Td>
        <Text size="sm" fw={600}>
          {t(`deliveries.kinds.${delivery.kind}`)}
          {delivery.warning && `: ${delivery.warning.rule}`}
        </Text>
        {delivery.warning && (
          <Text size="sm">
            {[said(delivery.warning.why), delivery.warning.camera].filter(Boolean).join(" ")}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Badge color={COLOURS[delivery.state]} tt="none">
          {delivery.held ? t("deliveries.held") : t(`deliveries.states.${delivery.state}`)}
        </Badge>
        <Text size="sm">
          {t("deliveries.attempts", { count: delivery.attempts })}
          {delivery.state === "pending" &&
            ` · ${t("deliveries.next", { when: moment(delivery.next_attempt_at) })}`}
        </Text>
        <DeliveryTrouble delivery={delivery} />
      </Table.Td>
      <Table.Td>
        {delivery.state === "dead" && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t("deliveries.resendName", { when: moment(delivery.created_at) })}
            loading={resend.isPending}
            onClick={() => resend.mutate({ params: { path: { delivery_id: delivery.id } } })}
          >
            {t("deliveries.resend")}
          </Button>
        )}
        {resend.error && <ProblemAlert problem={resend.error} />}
      </Table.Td>
    </Table.Tr>
  );
}
