import { Button, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { ProblemAlert } from "../../components/states";
import { DeliveryTrouble } from "./DeliveryTrouble";

/** Sends a test and tells what became of it. */
export function TestChannel({ channel }: { channel: Schemas["Channel"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const test = api.useMutation("post", "/api/v1/channels/{channel_id}/test");
  const delivery = api.useQuery(
    "get",
    "/api/v1/deliveries/{delivery_id}",
    { params: { path: { delivery_id: test.data?.id ?? "" } } },
    {
      enabled: Boolean(test.data),
      refetchInterval: (query) => (query.state.data?.state === "pending" ? 1000 : false),
    },
  ).data;
  const outcome =
    delivery?.state === "sent"
      ? "channels.testSent"
      : delivery?.state === "dead"
        ? "channels.testDead"
        : delivery?.last_trouble
          ? "channels.testRetry"
          : "channels.testing";
  return (
    <Stack gap={0} maw={280} align="flex-start">
      <Button
        size="compact-sm"
        variant="default"
        aria-label={t("channels.testName", { name: channel.name })}
        loading={test.isPending}
        disabled={!channel.enabled}
        onClick={() => test.mutate({ params: { path: { channel_id: channel.id } } })}
      >
        {t("channels.test")}
      </Button>
      <div role="status">
        {test.data && (
          <Text size="sm" fw={600}>
            {t(outcome)}
          </Text>
        )}
        {delivery && <DeliveryTrouble delivery={delivery} />}
      </div>
      {test.error && <ProblemAlert problem={test.error} />}
    </Stack>
  );
}
