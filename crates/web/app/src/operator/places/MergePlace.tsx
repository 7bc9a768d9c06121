import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../../api/client";
import { usePlaces } from "../../api/session";
import { PlaceSelect, usePlaceOptions } from "../../components/pick";
import { below } from "../placeTree";
import { SaveTrouble } from "../SaveTrouble";

/** Merges a place into another, where places are united. */
export function MergePlace({
  place,
  onMerged,
}: {
  place: Schemas["Place"];
  onMerged: (into: string) => void;
}) {
  const { t } = useTranslation(["operator", "common"]);
  const places = usePlaces();
  const [into, setInto] = useState<string | null>(null);
  const merge = api.useMutation("post", "/api/v1/places/{place_id}/merge");
  const targets = usePlaceOptions("manage_places").filter(
    ({ value }) => !below(places, value, place.id) && !places.get(value)?.merged_into,
  );
  const ask = () => {
    const target = into ? places.get(into) : undefined;
    if (!target) return;
    modals.openConfirmModal({
      title: t("places.mergeAsk", { name: place.name, into: target.name }),
      children: <Text size="sm">{t("places.mergeHint")}</Text>,
      labels: { confirm: t("places.mergeDo", { name: place.name }), cancel: t("common:do.cancel") },
      onConfirm: () =>
        merge.mutate(
          {
            params: { path: { place_id: place.id } },
            body: { into: target.id, version: place.version },
          },
          {
            onSuccess: async () => {
              notifications.show({ message: t("places.merged"), color: "green" });
              await queryClient.invalidateQueries();
              onMerged(target.id);
            },
          },
        ),
    });
  };
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="merge">
      <Stack gap="sm">
        <Title order={2} size="h5" id="merge">
          {t("places.merge")}
        </Title>
        <Text size="sm">{t("places.mergeHint")}</Text>
        <Group align="flex-end">
          <PlaceSelect
            label={t("places.mergeInto")}
            data={targets}
            value={into}
            onChange={setInto}
            flex={1}
          />
          <Button variant="default" disabled={!into} loading={merge.isPending} onClick={ask}>
            {t("places.mergeDo", { name: place.name })}
          </Button>
        </Group>
        <SaveTrouble error={merge.error} />
      </Stack>
    </Paper>
  );
}
